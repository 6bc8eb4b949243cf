import { TickswapError } from '../errors.ts'
import { shown, type VersionParts } from './parts.ts'
import { comparePrerelease, type Identifier } from './prerelease.ts'
import { readPrerelease, takeBuild } from './read.ts'

/** What can be counted up. */
export const INCREMENTS = [
  'major',
  'minor',
  'patch',
  'build',
  'premajor',
  'preminor',
  'prepatch',
  'prerelease',
  'release',
] as const

export type Increment = (typeof INCREMENTS)[number]

/** Where the count of a new prerelease begins: at 0, at 1, or `false`: without a count. */
export type IdentifierBase = '0' | '1' | 0 | 1 | boolean

const BASES: readonly string[] = ['undefined', 'string', 'number', 'boolean']

const fail = (message: string): never => {
  throw new TickswapError('TICKSWAP_E_VERSION_INVALID', message)
}

function readIdentifier(identifier: string): readonly Identifier[] {
  try {
    return readPrerelease(identifier)
  } catch (cause) {
    if (!(cause instanceof TickswapError)) throw cause
    return fail(`${shown(identifier)} is no prerelease identifier: ${cause.finding.message}`)
  }
}

/** Counts the last number up, or begins a count; then takes over the identifier where it differs. */
function nextPrerelease(
  from: readonly Identifier[],
  identifier: string | undefined,
  identifierBase: IdentifierBase | undefined,
): Identifier[] {
  if (!BASES.includes(typeof identifierBase)) fail(`${shown(identifierBase)} is no base of a count`)
  const base = Number(identifierBase) ? 1 : 0
  const next = countUp(from, base, identifier, identifierBase)
  if (!identifier) return next
  const wanted = readIdentifier(identifier)
  const fresh = identifierBase === false ? [identifier] : [identifier, base]
  const begins = wanted.length <= next.length && comparePrerelease(next.slice(0, wanted.length), wanted) === 0
  const counted = next[wanted.length]
  const isCount = counted !== undefined && !Number.isNaN(Number(counted))
  return begins && isCount ? next : identifiersOf(fresh)
}

/** An identifier such as `rc.x` is two once it stands in a version. */
const identifiersOf = (words: readonly Identifier[]): Identifier[] => [...readPrerelease(words.join('.'))]

function countUp(
  from: readonly Identifier[],
  base: number,
  identifier: string | undefined,
  identifierBase: IdentifierBase | undefined,
): Identifier[] {
  if (from.length === 0) return [base]
  const at = from.findLastIndex((it) => typeof it === 'number')
  if (at >= 0) return from.map((it, i) => (i === at ? (it as number) + 1 : it))
  if (identifierBase === false && identifier === from.join('.'))
    fail(`the identifier "${identifier}" is there already, and without a count nothing would change`)
  return [...from, base]
}

type Main = readonly [major: number, minor: number, patch: number]

/** major, minor and patch after the increment, and whether a prerelease begins anew. */
function nextMain([major, minor, patch]: Main, increment: Increment, isPrerelease: boolean): Main {
  switch (increment) {
    case 'major':
      return [isPrerelease && minor === 0 && patch === 0 ? major : major + 1, 0, 0]
    case 'minor':
      return [major, isPrerelease && patch === 0 ? minor : minor + 1, 0]
    case 'patch':
      return [major, minor, isPrerelease ? patch : patch + 1]
    case 'premajor':
      return [major + 1, 0, 0]
    case 'preminor':
      return [major, minor + 1, 0]
    case 'prepatch':
      return [major, minor, patch + 1]
    case 'prerelease':
      return [major, minor, isPrerelease ? patch : patch + 1]
    case 'release':
    case 'build':
      return [major, minor, patch]
  }
}

/**
 * The parts of the version after `from`, as node-semver's `inc` counts. `precedence` are the
 * identifiers that node-semver reads in its text. Throws TICKSWAP_E_VERSION_INVALID.
 */
export function incremented(
  from: VersionParts,
  precedence: readonly Identifier[],
  increment: Increment,
  identifier?: string,
  identifierBase?: IdentifierBase,
): VersionParts {
  if (!INCREMENTS.includes(increment))
    fail(`${shown(increment)} is no increment; there are: ${INCREMENTS.join(', ')}`)
  const isPrerelease = from.prerelease.length > 0
  const main = nextMain([from.major, from.minor, from.patch], increment, isPrerelease)
  const [major, minor, patch] = main
  const parts = { major, minor, patch, build: 0, prerelease: [] as Identifier[], metadata: '' }
  if (increment === 'build') return { ...parts, build: from.build + 1, prerelease: [...from.prerelease] }
  if (increment === 'release' && !isPrerelease) fail('a release has no prerelease to end')
  if (!increment.startsWith('pre')) return parts
  if (!identifier && identifierBase === false) fail('without an identifier a prerelease needs a count')
  if (identifier) readIdentifier(identifier)
  const begun = increment === 'prerelease' && isPrerelease ? precedence : []
  const prerelease = nextPrerelease(begun, identifier, identifierBase)
  const build = takeBuild(prerelease)
  return { ...parts, build, prerelease }
}
