import { TickswapError } from '../../errors.ts'
import { Constraint } from '../constraint.ts'
import { Version } from '../version.ts'

/**
 * The version of an interface: `1`, `1.4` or whole. Missing numbers are 0.
 * Throws TICKSWAP_E_VERSION_INVALID.
 */
export function interfaceVersion(text: string): Version {
  if (typeof text !== 'string')
    throw new TickswapError(
      'TICKSWAP_E_VERSION_INVALID',
      `a ${typeof text} is no interface version; a string is`,
    )
  if (text.length > 32) return Version.parse(text)
  const dots = text.split('.').length - 1
  const isShort = dots < 2 && !text.includes('-') && !text.includes('+')
  return Version.parse(isShort ? text + '.0'.repeat(2 - dots) : text)
}

/**
 * The newest of the offered interface versions that a dependent knows, as it was written;
 * undefined when there is none.
 */
export function negotiate(offered: readonly string[], known: Constraint): string | undefined {
  let newest: { text: string; version: Version } | undefined
  for (const text of offered) {
    const version = interfaceVersion(text)
    if (!known.matches(version)) continue
    if (!newest || Version.compare(version, newest.version) > 0) newest = { text, version }
  }
  return newest?.text
}

/** What a unit declares about interfaces. */
interface Declared {
  readonly requires?: Readonly<Record<string, string>>
  readonly optional?: Readonly<Record<string, string>>
  readonly provides?: Readonly<Record<string, readonly string[]>>
}

/** The interface versions that a unit works with beside its peers, by the name it requires. */
export function interfacesOf(
  { requires, optional }: Declared,
  peers: Iterable<readonly [string, Declared]>,
): Record<string, string> {
  const others = [...peers].flatMap(([, { provides }]) => (provides ? [provides] : []))
  const found: Record<string, string> = {}
  for (const [name, range] of Object.entries({ ...requires, ...optional })) {
    const offered = others.flatMap((provides) => provides[name] ?? [])
    const version = offered.length > 0 ? negotiate(offered, Constraint.parse(range)) : undefined
    if (version !== undefined) found[name] = version
  }
  return found
}
