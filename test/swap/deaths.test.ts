import { describe, expect, test } from 'vitest'
import { counter } from '../support/counter.ts'
import { openFleet } from '../support/opened-fleet.ts'

/** What a unit does in the thread of worker 0 to end it, or to keep it. */
const WAYS = {
  'process.exit': `process.exit(7)`,
  'an uncaught exception': `;(globalThis as { fleetThrow?: boolean }).fleetThrow = true`,
  'an endless loop': `{ for (;;) { const now = Date.now(); while (Date.now() === now) { /* on and on */ } } }`,
  'out of memory': `{ const all: unknown[] = []; for (;;) all.push(new Array(100_000).fill(all.length)) }`,
} as const
type Way = keyof typeof WAYS

/** Ends the thread of worker 0, the first time that it gets there. */
const trap = (way: Way) => `
const spring = () => {
  const here = globalThis as { fleetIndex?: number; sprung?: boolean }
  if (here.fleetIndex !== 0 || here.sprung) return
  here.sprung = true
  ${WAYS[way]}
}`

const MINE = `mine: u32(1, { scope: 'participant' }),`
/** Where it is sprung, and what may become of the swap. */
const PHASES = {
  prepare: (way: Way) => counter({ by: 2, body: `${trap(way)}\nspring()` }),
  migrate: (way: Way) =>
    counter({
      version: '2.0.0',
      by: 2,
      columns: MINE,
      body: trap(way),
      unit: `migrate: { '^1.0.0': { up() { spring() }, down() {} } },`,
    }),
  verify: (way: Way) => counter({ by: 2, body: trap(way), unit: 'verify() { spring() },' }),
  setup: (way: Way) => counter({ by: 2, body: trap(way), unit: 'setup() { spring() },' }),
  probation: (way: Way) =>
    counter({ by: 2, body: `${trap(way)}\nlet age = 0`, step: 'if (++age > 2) spring()' }),
} as const

type Phase = keyof typeof PHASES
const CASES = (Object.keys(WAYS) as Way[]).flatMap((way) =>
  (Object.keys(PHASES) as Phase[]).map((phase) => [way, phase] as const),
)

describe('a worker that ends by', () => {
  test.each(CASES)('%s in %s', { timeout: 40_000 }, async (way, phase) => {
    const deadlines = { prepareMs: 1000, parkMs: 300, leadMs: 300, probationMs: 400 }
    const { scratch, fleet } = await openFleet(
      { 'counter.ts': counter() },
      {
        workers: 3,
        limits: { maxOldGenerationSizeMb: 24 },
        runtime: { deadlines, probation: { ticks: 6 } },
      },
    )
    const began = performance.now()
    await scratch.write('counter.ts', PHASES[phase](way))
    // It ends, one way or the other, for those who live; a retry without the dead one is a second chance.
    const isOver = () => fleet.reports.some(({ outcome }) => ['permanent', 'rolled-back'].includes(outcome))
    await fleet.until(isOver, `the end of the swap, ${way} in ${phase}`, 20_000)
    expect(performance.now() - began).toBeLessThan(15_000)
    // Whoever is to blame has a name, and the phase is said.
    const ended = fleet.reports.find(({ outcome }) => outcome === 'rolled-back')
    if (ended && phase === 'probation')
      expect(ended.findings[0]).toMatchObject({
        participant: 'worker-0',
        message: expect.stringMatching(/worker-0 ended inside a call of counter|worker-0 .*\(probation\)/),
      })
    // Nothing is mixed, nothing is lost, and the next edit goes through.
    await fleet.frames(3)
    const since = fleet.reports.length
    await scratch.write(
      'counter.ts',
      counter({ version: '3.0.0', by: 5, columns: phase === 'migrate' ? MINE : '' }),
    )
    await fleet.report('permanent', since)
    expect(fleet.handle.version).toBe('3.0.0')
    expect(fleet.mixed).toBe(0)
    const { steps } = fleet.handle.state.columns as Record<string, Uint32Array>
    expect(steps![0]).toBe(fleet.frame)
    expect([steps![2], steps![3]]).toEqual([fleet.frame, fleet.frame])
  })
})
