import { TickswapError } from '../errors.ts'
import type { Registry } from '../registry/registry.ts'
import { Constraint } from '../version/constraint.ts'
import { Version } from '../version/version.ts'
import type { Edition, UnitEntry } from './catalog.ts'

/** What an engine asks to go back to: one version, or the best one in a range. */
export type Wanted = Version | Constraint

/** @throws TickswapError VERSION_INVALID for text that is neither a version nor a range */
export function wantedOf(to: string): Wanted {
  try {
    return Version.parse(to)
  } catch (error) {
    try {
      return Constraint.parse(to)
    } catch {
      throw error
    }
  }
}

/**
 * The edition of a unit to go back to, one that ran before and does not run now: the newest of
 * the wanted version, the highest in the wanted range, or without either the last.
 * @throws TickswapError NO_SUCH_VERSION
 */
export function editionToGoBackTo(entry: UnitEntry, wanted: Wanted | undefined, registry: Registry): Edition {
  const { running, editions } = entry
  const others = editions.filter(({ version }) => Version.compare(version, running.version) !== 0)
  const edition =
    wanted instanceof Constraint
      ? bestOf(entry, wanted, registry)
      : others.findLast(({ version }) => !wanted || Version.compare(version, wanted) === 0)
  if (edition) return edition
  const list = [...new Set(others.map(({ version }) => version.toString()))].join(', ') || 'none'
  throw new TickswapError(
    'TICKSWAP_E_NO_SUCH_VERSION',
    `unit ${entry.name} has no version ${wanted ?? 'to go back to'}; there are: ${list}`,
    { unit: entry.name },
  )
}

function bestOf({ index, standby }: UnitEntry, range: Constraint, registry: Registry): Edition | undefined {
  const record = registry.best(index, range, { states: ['standby'] })
  return standby.find((edition) => edition.record === record)
}
