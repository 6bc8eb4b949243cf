import { expect, test } from 'vitest'
import { addon } from '../../dist/native/addon.js'

const { threadMs } = addon()

/** Milliseconds of the thread's time that something takes. */
function timed(act: () => void): number {
  const from = threadMs()
  act()
  return threadMs() - from
}

test('a thread uses its time while it computes, and not while it sleeps', () => {
  const computing = timed(() => {
    for (const end = performance.now() + 100; performance.now() < end; );
  })
  const asleep = timed(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100))
  expect(computing).toBeGreaterThan(40)
  expect(asleep).toBeLessThan(computing / 2)
})
