import { MOST_PART } from '../parts.ts'
import type { Cut } from './bound.ts'
import type { Span } from './span.ts'

/** Major, minor, patch and build. */
export type Key = readonly [major: number, minor: number, patch: number, build: number]

/** Releases from `low` to `high`, both included. */
export interface KeyRange {
  readonly low: Key
  readonly high: Key
}

const FIRST: Key = [0, 0, 0, 0]
const LAST: Key = [MOST_PART, MOST_PART, MOST_PART, MOST_PART]

function compareKeys(a: Key, b: Key): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3]
}

/** The key after one; undefined after the last. */
function next([major, minor, patch, build]: Key): Key | undefined {
  if (build < MOST_PART) return [major, minor, patch, build + 1]
  if (patch < MOST_PART) return [major, minor, patch + 1, 0]
  if (minor < MOST_PART) return [major, minor + 1, 0, 0]
  return major < MOST_PART ? [major + 1, 0, 0, 0] : undefined
}

/**
 * The last key of a release before a place; undefined when there is none. A release comes
 * after every prerelease of its own, and before the builds of the release after it. Places can
 * be at parts that no version has: they lie between two keys.
 */
function lastBefore({ major, minor, patch, prerelease, half }: Cut): Key | undefined {
  if (major > MOST_PART) return LAST
  if (minor > MOST_PART) return [major, MOST_PART, MOST_PART, MOST_PART]
  if (patch > MOST_PART) return [major, minor, MOST_PART, MOST_PART]
  if (prerelease.length > 0 || half < 0) return previous([major, minor, patch, 0])
  return [major, minor, patch, Math.min(MOST_PART, (half - 1) / 2)]
}

/** The key before one whose build is 0; undefined before the first. */
function previous([major, minor, patch]: Key): Key | undefined {
  if (patch > 0) return [major, minor, patch - 1, MOST_PART]
  if (minor > 0) return [major, minor - 1, MOST_PART, MOST_PART]
  return major > 0 ? [major - 1, MOST_PART, MOST_PART, MOST_PART] : undefined
}

/** The releases in a span; undefined when there are none. */
export function keysOf({ low, high }: Span): KeyRange | undefined {
  const below = low && lastBefore(low)
  const first = below ? next(below) : FIRST
  const last = high ? lastBefore(high) : LAST
  return first && last && compareKeys(first, last) <= 0 ? { low: first, high: last } : undefined
}
