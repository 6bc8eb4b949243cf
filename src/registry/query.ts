import type { Key, KeyRange } from '../version/range/keys.ts'
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

/** More alternatives take more than one query. */
export const MOST_RANGES = 128

/** Room for a filter and the ranges after it. */
export const QUERY_BYTES = LAYOUT.FILTER_BYTES + MOST_RANGES * LAYOUT.RANGE_BYTES

const USABLE: readonly VersionState[] = ['candidate', 'active', 'permanent']

/** A filter with its defaults, and states as bits. */
export function filterBits({ required = 0, excluded = 0, states = USABLE }: BestFilter) {
  const mask = states.reduce((bits, state) => bits | (1 << VERSION_STATES.indexOf(state)), 0)
  return { required, excluded, states: mask }
}

export function writeFilter(view: DataView, unit: number, filter: BestFilter): void {
  const { required, excluded, states } = filterBits(filter)
  view.setUint32(LAYOUT.FILTER_UNIT, unit, true)
  view.setUint32(LAYOUT.FILTER_REQUIRED, required, true)
  view.setUint32(LAYOUT.FILTER_EXCLUDED, excluded, true)
  view.setUint32(LAYOUT.FILTER_STATES, states, true)
}

/** The range with the given number. */
export function writeRange(view: DataView, index: number, { low, high }: KeyRange): void {
  const at = LAYOUT.FILTER_BYTES + index * LAYOUT.RANGE_BYTES
  writeKey(view, at + LAYOUT.RANGE_LOW, low)
  writeKey(view, at + LAYOUT.RANGE_HIGH, high)
}

function writeKey(view: DataView, at: number, [major, minor, patch, build]: Key): void {
  view.setUint32(at + LAYOUT.KEY_MAJOR, major, true)
  view.setUint32(at + LAYOUT.KEY_MINOR, minor, true)
  view.setUint32(at + LAYOUT.KEY_PATCH, patch, true)
  view.setUint32(at + LAYOUT.KEY_BUILD, build, true)
}
