// The package's main file loads forty others, in every thread.
import Range from 'semver/classes/range.js'
import { TickswapError } from '../errors.ts'
import { MOST_CHARACTERS } from './parts.ts'
import { comparePrerelease, type Identifier } from './prerelease.ts'
import { type ReleaseRange, releasesOf } from './releases.ts'
import type { Version } from './version.ts'

/** One side of a range, such as `>=1.4.0`. */
export interface Bound {
  readonly operator: string
  readonly major: number
  readonly minor: number
  readonly patch: number
  readonly prerelease: readonly Identifier[]
}

function readRange(text: string): Range {
  if (typeof text !== 'string')
    throw new TickswapError('TICKSWAP_E_CONSTRAINT_INVALID', `a ${typeof text} is no range; a string is`)
  if (text.length > MOST_CHARACTERS)
    throw new TickswapError(
      'TICKSWAP_E_CONSTRAINT_INVALID',
      `a range of ${text.length} characters is longer than ${MOST_CHARACTERS}`,
    )
  try {
    return new Range(text)
  } catch (cause) {
    throw new TickswapError('TICKSWAP_E_CONSTRAINT_INVALID', `"${text}" is no range`, {}, { cause })
  }
}

/** The bounds of each alternative; the bound that allows everything is left out. */
const boundsOf = (range: Range): Bound[][] =>
  range.set.map((alternative) =>
    alternative
      .filter((comparator) => comparator.semver.version !== undefined)
      .map(({ operator, semver: { major, minor, patch, prerelease } }) => {
        return { operator, major, minor, patch, prerelease }
      }),
  )

const hasSameMain = (version: Version, bound: Bound): boolean =>
  version.major === bound.major && version.minor === bound.minor && version.patch === bound.patch

/** A bound that names exactly what the version declares stands for all of its builds. */
function compareWithBound(version: Version, bound: Bound): number {
  if (!hasSameMain(version, bound))
    return version.major - bound.major || version.minor - bound.minor || version.patch - bound.patch
  if (comparePrerelease(version.prerelease, bound.prerelease) === 0) return 0
  return comparePrerelease(version.precedence(), bound.prerelease)
}

function satisfies(version: Version, bound: Bound): boolean {
  const order = compareWithBound(version, bound)
  switch (bound.operator) {
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    default:
      return order === 0
  }
}

/** A prerelease matches only where a bound names a prerelease of the same major.minor.patch. */
const admitsPrerelease = (version: Version, bounds: readonly Bound[]): boolean =>
  version.prerelease.length === 0 ||
  bounds.some((bound) => bound.prerelease.length > 0 && hasSameMain(version, bound))

/**
 * A range of versions in node-semver's grammar: `^1.4.0`, `>=1 <3`, `1.x || 2.x`. Immutable.
 *
 * A version matches by what it declares, without its build: `1.4.2` and `<=1.4.2`
 * match 1.4.2.17, and `1.4.2-rc.1` matches 1.4.2-rc.1.17, so that saving a file
 * again never breaks who requires it. Everything else is as node-semver has it.
 */
export class Constraint {
  /** as it was written */
  readonly text: string
  readonly #alternatives: readonly (readonly Bound[])[]

  private constructor(text: string, range: Range) {
    this.text = text
    this.#alternatives = boundsOf(range)
  }

  /** Reads a range of at most 256 characters. Throws TICKSWAP_E_CONSTRAINT_INVALID for anything else. */
  static parse(text: string): Constraint {
    return new Constraint(text, readRange(text))
  }

  matches(version: Version): boolean {
    return this.#alternatives.some(
      (bounds) => bounds.every((bound) => satisfies(version, bound)) && admitsPrerelease(version, bounds),
    )
  }

  /**
   * The versions without a prerelease that match, as ranges from a lowest to a highest
   * major.minor.patch; all builds of these match.
   */
  releases(): readonly ReleaseRange[] {
    return this.#alternatives.flatMap((bounds) => releasesOf(bounds) ?? [])
  }

  toString(): string {
    return this.text
  }
}
