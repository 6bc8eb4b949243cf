import { MOST_CHARACTERS } from '../parts.ts'
import { comparePrerelease, type Identifier } from '../prerelease.ts'

export type Operator = '>' | '>=' | '<' | '<=' | '='

/** One side of a range, such as `>=1.4.0`. */
export interface Bound {
  readonly operator: Operator
  /** each 0 to 2^53 - 1: node-semver reads parts that no version can have */
  readonly major: number
  readonly minor: number
  readonly patch: number
  readonly prerelease: readonly Identifier[]
  /** the fourth number; undefined: the bound stands for every build */
  readonly build: number | undefined
  /** operator and version, as in `>=1.4.0`; `=` is left out */
  readonly text: string
}

/** Bounds that all hold. None at all: every version. */
export interface Alternative {
  /** as it was written, without white space and metadata */
  readonly text: string
  readonly bounds: readonly Bound[]
}

/**
 * A place between versions: before or after all builds of one, or one of its builds. Builds
 * count double in it, so that there is a number on either side of each.
 */
export interface Cut {
  readonly major: number
  readonly minor: number
  readonly patch: number
  readonly prerelease: readonly Identifier[]
  readonly half: number
}

export interface Main {
  readonly major: number
  readonly minor: number
  readonly patch: number
}

/** What allows nothing. */
export const NOTHING = '<0.0.0-0'

export const hasSameMain = (a: Main, b: Main): boolean =>
  a.major === b.major && a.minor === b.minor && a.patch === b.patch

/** Orders two places. */
export const compareCuts = (a: Cut, b: Cut): number =>
  a.major - b.major ||
  a.minor - b.minor ||
  a.patch - b.patch ||
  comparePrerelease(a.prerelease, b.prerelease) ||
  (a.half === b.half ? 0 : a.half - b.half)

export const isLower = ({ operator }: Bound): boolean => operator === '>' || operator === '>='
export const isUpper = ({ operator }: Bound): boolean => operator === '<' || operator === '<='

/** The place before what a bound names. */
export const before = (bound: Bound): Cut =>
  cutAt(bound, bound.build === undefined ? -1 : 2 * bound.build - 1)

/** The place after what a bound names. */
export const after = (bound: Bound): Cut =>
  cutAt(bound, bound.build === undefined ? Number.POSITIVE_INFINITY : 2 * bound.build + 1)

const cutAt = ({ major, minor, patch, prerelease }: Bound, half: number): Cut => {
  return { major, minor, patch, prerelease, half }
}

/** Where the versions that a bound allows begin; undefined: at the first. */
export function lowCut(bound: Bound): Cut | undefined {
  if (isUpper(bound)) return undefined
  return bound.operator === '>' ? after(bound) : before(bound)
}

/** Where the versions that a bound allows end; undefined: after the last. */
export function highCut(bound: Bound): Cut | undefined {
  if (isLower(bound)) return undefined
  return bound.operator === '<' ? before(bound) : after(bound)
}

/** A bound; undefined when node-semver would not take its version. */
export function boundOf(
  operator: Operator,
  [major, minor, patch]: readonly [number, number, number],
  prerelease: readonly Identifier[] = [],
  build?: number,
): Bound | undefined {
  if (Math.max(major, minor, patch) > Number.MAX_SAFE_INTEGER) return undefined
  const tail = prerelease.length > 0 ? `-${prerelease.join('.')}` : ''
  const semver = `${major}.${minor}.${patch}${tail}`
  if (semver.length > MOST_CHARACTERS) return undefined
  const version = build === undefined ? semver : `${major}.${minor}.${patch}.${build}${tail}`
  const text = operator === '=' ? version : operator + version
  return { operator, major, minor, patch, prerelease, build, text }
}
