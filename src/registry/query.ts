import { MOST_PART } from '../version/parts.ts'
import type { Release, ReleaseRange } from '../version/releases.ts'
import { LAYOUT, VERSION_STATES, type VersionState } from './layout.ts'

/** What a version has to be besides in range. */
export interface BestFilter {
  /** flags that are all set; default 0 */
  readonly required?: number
  /** flags of which none is set; default 0 */
  readonly excluded?: number
  /** default: candidate, active and permanent */
  readonly states?: readonly VersionState[]
}

/** More than a constraint of 256 characters can have alternatives. */
export const MOST_RANGES = 128

/** Room for a filter and the ranges after it. */
export const QUERY_BYTES = LAYOUT.FILTER_BYTES + MOST_RANGES * LAYOUT.RANGE_BYTES

const USABLE: readonly VersionState[] = ['candidate', 'active', 'permanent']

export function writeFilter(view: DataView, unit: number, filter: BestFilter): void {
  const states = filter.states ?? USABLE
  const mask = states.reduce((bits, state) => bits | (1 << VERSION_STATES.indexOf(state)), 0)
  view.setUint32(LAYOUT.FILTER_UNIT, unit, true)
  view.setUint32(LAYOUT.FILTER_REQUIRED, filter.required ?? 0, true)
  view.setUint32(LAYOUT.FILTER_EXCLUDED, filter.excluded ?? 0, true)
  view.setUint32(LAYOUT.FILTER_STATES, mask, true)
}

/** The range with the given number; all builds of its releases are in it. */
export function writeRange(view: DataView, index: number, { low, high }: ReleaseRange): void {
  const at = LAYOUT.FILTER_BYTES + index * LAYOUT.RANGE_BYTES
  writeKey(view, at + LAYOUT.RANGE_LOW, low, 0)
  writeKey(view, at + LAYOUT.RANGE_HIGH, high, MOST_PART)
}

function writeKey(view: DataView, at: number, [major, minor, patch]: Release, build: number): void {
  view.setUint32(at + LAYOUT.KEY_MAJOR, major, true)
  view.setUint32(at + LAYOUT.KEY_MINOR, minor, true)
  view.setUint32(at + LAYOUT.KEY_PATCH, patch, true)
  view.setUint32(at + LAYOUT.KEY_BUILD, build, true)
}
