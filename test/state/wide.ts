import { expect } from 'vitest'
import type { Fleet } from '../support/fleet.ts'

/** Rows of a column of 16 MB, which is one of 32 MB in the next version. */
export const ROWS = 4 * 2 ** 20

/** Every step adds to eight places of the column that follow from its number and its participant. */
export const STEP = `const { place, log } = unit.state.columns as any
  for (let i = 0; i < 8; i++) place[(steps[worker + 1]! * 7919 + i * 104729 + worker * 1299709 + 1299709) % ${ROWS}] += 1
  log[worker + 1] += 1`

/** What every step ever made of the main thread and two workers has left in the column, and nothing else. */
export function expectExact(fleet: Fleet): void {
  const { place, log, steps } = fleet.handle.state.columns as unknown as Record<string, Float64Array>
  const expected = new Float64Array(ROWS)
  for (const row of [0, 1, 2])
    for (let step = 1; step <= steps![row]!; step++)
      for (let i = 0; i < 8; i++)
        expected[(step * 7919 + i * 104729 + (row - 1) * 1299709 + 1299709) % ROWS]! += 1
  expect(expected.findIndex((value, i) => value !== place![i])).toBe(-1)
  expect([...steps!.subarray(0, 3)]).toEqual([fleet.frame, fleet.frame, fleet.frame])
  expect([...log!.subarray(0, 3)]).toEqual([fleet.frame, fleet.frame, fleet.frame])
}
