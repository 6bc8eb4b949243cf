import type { VersionParts } from '../parts.ts'
import { comparePrerelease, type Identifier } from '../prerelease.ts'
import { type Alternative, type Bound, type Cut, compareCuts, hasSameMain, highCut, lowCut } from './bound.ts'

/** What a version is to a range: its numbers, the prerelease that orders it, and its flags. */
export interface Point extends Cut {
  readonly isPrerelease: boolean
}

/** All bounds of an alternative at once: the versions between two places. */
export interface Span {
  /** undefined: from the first version on */
  readonly low: Cut | undefined
  /** undefined: up to the last version */
  readonly high: Cut | undefined
  /** bounds that name a prerelease: others of the same major.minor.patch match too */
  readonly named: readonly Bound[]
}

const tighter = (a: Cut | undefined, b: Cut | undefined, sign: 1 | -1): Cut | undefined =>
  !a || !b ? (a ?? b) : sign * compareCuts(a, b) >= 0 ? a : b

export function spanOf({ bounds }: Alternative): Span {
  let low: Cut | undefined
  let high: Cut | undefined
  for (const bound of bounds) {
    low = tighter(low, lowCut(bound), 1)
    high = tighter(high, highCut(bound), -1)
  }
  return { low, high, named: bounds.filter(isNaming) }
}

/** `<2.0.0-0` names the lowest prerelease there is: it lets none of its release in. */
const isNaming = ({ operator, prerelease }: Bound): boolean =>
  prerelease.length > 0 && !(operator === '<' && prerelease.length === 1 && prerelease[0] === 0)

/** Where a version stands among the places of ranges. */
export function pointOf(
  { major, minor, patch, build, prerelease }: VersionParts,
  precedence: readonly Identifier[],
): Point {
  const isPrerelease = prerelease.length > 0
  return { major, minor, patch, prerelease: precedence, half: 2 * build, isPrerelease }
}

/** Whether a point lies between the places. */
export const isWithin = (point: Cut, { low, high }: Span): boolean =>
  (!low || compareCuts(point, low) > 0) && (!high || compareCuts(point, high) < 0)

/** A prerelease matches only where a bound names a prerelease of the same major.minor.patch. */
export const admitsPrerelease = (point: Point, { named }: Span): boolean =>
  !point.isPrerelease || named.some((bound) => hasSameMain(bound, point))

/** Whether a bound allows a version, whatever the other bounds say. */
export function allows(bound: Bound, point: Cut): boolean {
  const low = lowCut(bound)
  const high = highCut(bound)
  return (!low || compareCuts(point, low) > 0) && (!high || compareCuts(point, high) < 0)
}

/**
 * Whether bounds that all hold end with a prerelease, as `=1.4.2-rc.1` and `<=1.4.2-rc.1` do, and allow one of its
 * builds but for that end.
 */
export function endsWith(bounds: readonly Bound[], declared: Cut, build: Point): boolean {
  const isEnd = (bound: Bound) =>
    (bound.operator === '=' || bound.operator === '<=') &&
    bound.build === undefined &&
    hasSameMain(bound, declared) &&
    comparePrerelease(bound.prerelease, declared.prerelease) === 0
  return bounds.some(isEnd) && bounds.every((bound) => isEnd(bound) || allows(bound, build))
}
