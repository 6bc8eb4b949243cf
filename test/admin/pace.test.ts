import { expect, onTestFinished, test } from 'vitest'
import { createRuntime } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import { open } from '../support/opened.ts'
import { Scratch } from '../support/scratch.ts'

interface Pace {
  ticksPerSecond: number
  standsStill: boolean
  interval?: { median: number }
}

/** An engine that calls tick() every few milliseconds with frame numbers of its own. */
async function paceOf(step: number, ms: number): Promise<Pace> {
  const scratch = await Scratch.create({ 'counter.ts': counter() })
  open.push(scratch)
  const runtime = await createRuntime({ units: scratch.dir, admin: 0 })
  open.push(runtime)
  let frame = 0
  const timer = setInterval(() => {
    frame += step
    runtime.tick(frame)
  }, 4)
  onTestFinished(() => clearInterval(timer))
  const end = performance.now() + ms
  let pace: Pace | undefined
  while (performance.now() < end) {
    const response = await fetch(`${runtime.address}api/participants`)
    pace = ((await response.json()) as Pace[])[0]
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return pace!
}

test('ticks are counted by calls of tick(), whatever the frame numbers do', async () => {
  const { ticksPerSecond, interval } = await paceOf(100, 1200)
  expect(interval).toBeDefined()
  // Timers of 4 ms come 250 times a second at the most.
  expect(ticksPerSecond).toBeGreaterThan(0)
  expect(ticksPerSecond).toBeLessThan(500)
})

test('a game that is paused but ticks on with one frame number does not stand still', async () => {
  const { standsStill, ticksPerSecond } = await paceOf(0, 1500)
  expect(standsStill).toBe(false)
  expect(ticksPerSecond).toBeGreaterThan(0)
})
