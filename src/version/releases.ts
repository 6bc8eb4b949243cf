import type { Bound } from './constraint.ts'
import { MOST_PART } from './parts.ts'

/** Major, minor and patch. */
export type Release = readonly [number, number, number]

/** Releases from `low` to `high`, both included. */
export interface ReleaseRange {
  readonly low: Release
  readonly high: Release
}

const FIRST: Release = [0, 0, 0]
const LAST: Release = [MOST_PART, MOST_PART, MOST_PART]

function compare(a: Release, b: Release): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}

/** The release after one; undefined after the last. */
function after([major, minor, patch]: Release): Release | undefined {
  if (patch < MOST_PART) return [major, minor, patch + 1]
  if (minor < MOST_PART) return [major, minor + 1, 0]
  return major < MOST_PART ? [major + 1, 0, 0] : undefined
}

/** The release before one; undefined before the first. */
function before([major, minor, patch]: Release): Release | undefined {
  if (patch > 0) return [major, minor, patch - 1]
  if (minor > 0) return [major, minor - 1, MOST_PART]
  return major > 0 ? [major - 1, MOST_PART, MOST_PART] : undefined
}

/**
 * node-semver reads parts that no version can have; such a bound lies between two releases.
 * The one before it, or undefined for a bound that a release can be at.
 */
function beforeBeyond({ major, minor, patch }: Bound): Release | undefined {
  if (major > MOST_PART) return LAST
  if (minor > MOST_PART) return [major, MOST_PART, MOST_PART]
  return patch > MOST_PART ? [major, minor, MOST_PART] : undefined
}

const up = (low: Release | undefined) => low && { low, high: LAST }
const down = (high: Release | undefined) => high && { low: FIRST, high }

/** The releases one bound allows. A release comes after every prerelease of its own. */
function allowedBy(bound: Bound): ReleaseRange | undefined {
  const at: Release = [bound.major, bound.minor, bound.patch]
  const isPrerelease = bound.prerelease.length > 0
  const beyond = beforeBeyond(bound)
  switch (bound.operator) {
    case '>':
    case '>=':
      if (beyond) return up(after(beyond))
      return up(bound.operator === '>' && !isPrerelease ? after(at) : at)
    case '<':
    case '<=':
      return down(beyond ?? (bound.operator === '<=' && !isPrerelease ? at : before(at)))
    default:
      return beyond || isPrerelease ? undefined : { low: at, high: at }
  }
}

/** The releases that all bounds allow; undefined when there are none. */
export function releasesOf(bounds: readonly Bound[]): ReleaseRange | undefined {
  let low = FIRST
  let high = LAST
  for (const bound of bounds) {
    const allowed = allowedBy(bound)
    if (!allowed) return undefined
    if (compare(allowed.low, low) > 0) low = allowed.low
    if (compare(allowed.high, high) < 0) high = allowed.high
  }
  return compare(low, high) > 0 ? undefined : { low, high }
}
