import type { Identifier } from '../prerelease.ts'
import {
  type Alternative,
  type Bound,
  type Cut,
  compareCuts,
  hasSameMain,
  highCut,
  isLower,
  isUpper,
  lowCut,
} from './bound.ts'
import { admitsPrerelease, allows, isWithin, spanOf } from './span.ts'

/** An exact bound as a version of its own: every build of it where it names none. */
const pointAt = ({ major, minor, patch, prerelease, build }: Bound) => {
  return { major, minor, patch, prerelease, half: 2 * (build ?? 0), isPrerelease: prerelease.length > 0 }
}

const isExact = ({ operator }: Bound): boolean => operator === '='

/** Whether a bound, as a range of its own, matches the version that an exact one names. */
function matchesExact(bound: Bound, exact: Bound, includePrerelease: boolean): boolean {
  const span = spanOf({ text: bound.text, bounds: [bound] })
  const meets =
    isExact(bound) && bound.build !== exact.build ? meetBuilds(bound, exact) : isWithinBuilds(span, exact)
  return meets && (includePrerelease || admitsPrerelease(pointAt(exact), span))
}

/** Two exact bounds of which one names a build, and the other none or another. */
const meetBuilds = (a: Bound, b: Bound): boolean =>
  (a.build === undefined || b.build === undefined) &&
  compareCuts(pointAt({ ...a, build: 0 }), pointAt({ ...b, build: 0 })) === 0

/** Whether a build that an exact bound names, or any of them where it names none, lies in a span. */
function isWithinBuilds(span: ReturnType<typeof spanOf>, exact: Bound): boolean {
  if (exact.build !== undefined) return isWithin(pointAt(exact), span)
  const [low, high] = [lowCut(exact)!, highCut(exact)!]
  return (!span.high || compareCuts(low, span.high) < 0) && (!span.low || compareCuts(span.low, high) < 0)
}

/** Nothing is below the first release; as node-semver has it, also with a prerelease. */
const isBelowAll = (bound: Bound, includePrerelease: boolean): boolean =>
  includePrerelease
    ? bound.text === '<0.0.0-0'
    : bound.operator === '<' && bound.build === undefined && !(bound.major || bound.minor || bound.patch)

/** Whether some version can be in both, as node-semver judges two comparators. */
function boundsMeet(a: Bound, b: Bound, includePrerelease: boolean): boolean {
  if (isExact(a)) return matchesExact(b, a, includePrerelease)
  if (isExact(b)) return matchesExact(a, b, includePrerelease)
  if (isBelowAll(a, includePrerelease) || isBelowAll(b, includePrerelease)) return false
  if (isLower(a) === isLower(b)) return true
  const [lower, upper] = isLower(a) ? [a, b] : [b, a]
  if (lower.build !== undefined || upper.build !== undefined)
    return compareCuts(lowCut(lower)!, highCut(upper)!) < 0
  return meetAt(lower, upper)
}

/** Identifiers that are equal as numbers and not as text are too large to be told apart. */
function meetAt(lower: Bound, upper: Bound): boolean {
  const order = compareCuts(pointAt(lower), pointAt(upper))
  if (order !== 0) return order < 0
  const isSame = versionText(lower) === versionText(upper)
  return isSame && lower.operator === '>=' && upper.operator === '<='
}

const versionText = ({ major, minor, patch, prerelease }: Bound): string =>
  `${major}.${minor}.${patch}-${prerelease.join('.')}`

/** Whether all pairs meet: places on a line that meet in pairs have one in common. */
function isPossible({ bounds }: Alternative, includePrerelease: boolean): boolean {
  for (let i = bounds.length - 1; i > 0; i--)
    for (let j = 0; j < i; j++) if (!boundsMeet(bounds[i]!, bounds[j]!, includePrerelease)) return false
  return true
}

/** No prerelease matches what says nothing, on its own. */
const meetsAny = (bounds: readonly Bound[], includePrerelease: boolean): boolean =>
  includePrerelease || !bounds.some((bound) => isExact(bound) && bound.prerelease.length > 0)

function alternativesMeet(a: Alternative, b: Alternative, includePrerelease: boolean): boolean {
  if (a.bounds.length === 0) return true
  if (b.bounds.length === 0) return meetsAny(a.bounds, includePrerelease)
  return a.bounds.every((left) => b.bounds.every((right) => boundsMeet(left, right, includePrerelease)))
}

/** Whether some alternative of the one meets some of the other. */
export function intersects(
  a: readonly Alternative[],
  b: readonly Alternative[],
  includePrerelease: boolean,
): boolean {
  const possible = (all: readonly Alternative[]) => all.filter((each) => isPossible(each, includePrerelease))
  const others = possible(b)
  return possible(a).some((left) => others.some((right) => alternativesMeet(left, right, includePrerelease)))
}

// ---- subset ----------------------------------------------------------------------

const release = (operator: '>=', prerelease: readonly Identifier[]): Bound => {
  const text = `${operator}0.0.0${prerelease.length > 0 ? '-0' : ''}`
  return { operator, major: 0, minor: 0, patch: 0, prerelease, build: undefined, text }
}
const EVERY_RELEASE = release('>=', [])
const EVERY_VERSION = release('>=', [0])

/** The bound with the most to say among those on one side. */
function tightest(bounds: readonly Bound[], cut: (bound: Bound) => Cut | undefined, sign: 1 | -1) {
  let best: Bound | undefined
  for (const bound of bounds) if (!best || sign * compareCuts(cut(bound)!, cut(best)!) > 0) best = bound
  return best
}

/** An alternative as its two ends and the versions it names. */
interface Ends {
  readonly low: Bound | undefined
  readonly high: Bound | undefined
  readonly exact: readonly Bound[]
}

const endsOf = (bounds: readonly Bound[]): Ends => {
  return {
    low: tightest(bounds.filter(isLower), lowCut, 1),
    high: tightest(bounds.filter(isUpper), highCut, -1),
    exact: bounds.filter(isExact),
  }
}

const isEmptyBetween = ({ low, high }: Ends): boolean =>
  low !== undefined && high !== undefined && compareCuts(lowCut(low)!, highCut(high)!) >= 0

/** Whether both ends are at one version. */
const isOnePoint = ({ low, high }: Ends): boolean =>
  low !== undefined &&
  high !== undefined &&
  low.build === high.build &&
  compareCuts(pointAt(low), pointAt(high)) === 0

/** Whether all that `sub` allows `dom` allows; undefined when `sub` allows nothing. */
function isPartOf(sub: Alternative, dom: Alternative, includePrerelease: boolean): boolean | undefined {
  if (sub.text === dom.text) return true
  const every = includePrerelease ? EVERY_VERSION : EVERY_RELEASE
  if (sub.bounds.length === 0 && dom.bounds.length === 0) return true
  if (dom.bounds.length === 0 && includePrerelease) return true
  const inner = endsOf(sub.bounds.length === 0 ? [every] : sub.bounds)
  const outer = dom.bounds.length === 0 ? [every] : dom.bounds
  if (inner.exact.length > 1 || isEmptyBetween(inner)) return undefined
  const [exact] = inner.exact
  if (exact) return isExactPartOf(exact, inner, outer, includePrerelease)
  return areEndsPartOf(inner, outer, includePrerelease)
}

function isExactPartOf(
  exact: Bound,
  { low, high }: Ends,
  outer: readonly Bound[],
  includePrerelease: boolean,
): boolean | undefined {
  for (const end of [low, high]) if (end && !coversExact(end, exact, includePrerelease)) return undefined
  return outer.every((bound) => coversExact(bound, exact, includePrerelease))
}

/** Whether a bound, as a range of its own, matches all that an exact one stands for. */
function coversExact(bound: Bound, exact: Bound, includePrerelease: boolean): boolean {
  const span = spanOf({ text: bound.text, bounds: [bound] })
  if (!includePrerelease && !admitsPrerelease(pointAt(exact), span)) return false
  const { low, high } = span
  return (!low || compareCuts(low, lowCut(exact)!) <= 0) && (!high || compareCuts(highCut(exact)!, high) <= 0)
}

/** `>=1.2.3-0` and `<1.2.3-0` name the same place as their releases do. */
function needsName(end: Bound | undefined, includePrerelease: boolean): Bound | undefined {
  if (!end || includePrerelease || end.prerelease.length === 0) return undefined
  const isFloor = end.operator === '<' && end.prerelease.length === 1 && end.prerelease[0] === 0
  return isFloor ? undefined : end
}

const isNamedBy = (end: Bound, outer: readonly Bound[]): boolean =>
  outer.some((bound) => bound.prerelease.length > 0 && hasSameMain(bound, end))

function areEndsPartOf(inner: Ends, outer: readonly Bound[], includePrerelease: boolean): boolean {
  const { low, high } = inner
  const isPoint = isOnePoint(inner)
  for (const bound of outer) {
    if (low && isLower(bound) && compareCuts(lowCut(bound)!, lowCut(low)!) > 0) return false
    if (low && !isLower(bound) && low.operator === '>=' && !allows(bound, pointAt(low))) return false
    if (high && isUpper(bound) && compareCuts(highCut(bound)!, highCut(high)!) < 0) return false
    if (high && !isUpper(bound) && high.operator === '<=' && !allows(bound, lastPointOf(high))) return false
    if (isExact(bound) && !isPoint) return false
  }
  if (low && !high && outer.some(isUpper)) return false
  if (high && !low && outer.some(isLower)) return false
  return [low, high].every((end) => {
    const named = needsName(end, includePrerelease)
    return !named || isNamedBy(named, outer)
  })
}

/** The last build that a bound stands for. */
const lastPointOf = (bound: Bound): Cut =>
  bound.build === undefined ? { ...pointAt(bound), half: Number.MAX_SAFE_INTEGER } : pointAt(bound)

/**
 * Whether everything the one matches the other matches, as node-semver judges: each alternative
 * by one of the other's, or it allows nothing, and so do those before it.
 */
export function isSubset(
  sub: readonly Alternative[],
  dom: readonly Alternative[],
  includePrerelease: boolean,
): boolean {
  let sawSome = false
  for (const alternative of sub) {
    const found = dom.some((other) => {
      const isPart = isPartOf(alternative, other, includePrerelease)
      sawSome ||= isPart !== undefined
      return isPart === true
    })
    if (!found && sawSome) return false
  }
  return true
}
