import { expect, test } from 'vitest'
import type { SwapReport } from '../../dist/index.js'
import { addon } from '../../dist/native/addon.js'
import { openFleet } from '../support/opened-fleet.ts'
import { expectExact, ROWS, STEP } from './wide.ts'
import { world } from './world.ts'

const TELLING = `${STEP}
  unit.state.soft.last = steps[worker + 1]`
const SOFT = (text: string) =>
  text.replace('soft: () => ({ calls: 0 })', 'soft: (): any => ({ calls: 0, last: 0 })')
const one = SOFT(world({ version: '1.0.0', columns: `place: f32(${ROWS}), log: u32(7)`, step: TELLING }))
const two = (when: string, { down = '', rows = '', version = '2.0.0' } = {}) =>
  SOFT(
    world({
      version,
      columns: `place: f64(${ROWS}), log: u32(7), marks: u32(3)`,
      head: 'let age = 0\nlet hung: number | undefined',
      step: `${TELLING}\n  unit.state.columns.marks[0]!++\n  if (${when}) throw new Error('on purpose')`,
      migrate: `'^1.0.0': {
        rows: ${ROWS},
        upRange(old, next, from, to) {
          for (let i = from; i < to; i++) next.columns.place[i] = old.columns.place[i]
        },
        up(old, next) { next.columns.marks[0] = 9 },
        downRange(next, old, from, to) {
          ${rows}
          for (let i = from; i < to; i++) old.columns.place[i] = next.columns.place[i]!
        },
        down(next, old) { ${down} },
      }`,
    }),
  )

async function start() {
  const { scratch, fleet } = await openFleet(
    { 'world.ts': one },
    {
      unit: 'world',
      workers: 2,
      runtime: { probation: { ticks: 2000 } },
    },
  )
  const isExact = () => {
    expectExact(fleet)
    expect(fleet.handle.state.soft).toMatchObject({ calls: fleet.frame, last: fleet.frame })
    expect(fleet.mixed).toBe(0)
  }
  /** Frames come every few milliseconds, as those of an engine do. */
  const edit = async (text: string, check?: () => void) => {
    const since = fleet.reports.length
    await scratch.write('world.ts', text)
    const find = () => fleet.reports.slice(since).find(({ outcome }) => outcome === 'rolled-back')
    const end = performance.now() + 20_000
    while (!find() && performance.now() < end) {
      await fleet.step()
      await new Promise((turn) => setTimeout(turn, 3))
    }
    const report = await fleet.report('rolled-back', since)
    if (check) expect(report.restored).toMatchObject({ how: 'down', ticksLost: 0 })
    await fleet.frames(3)
    check?.()
    return report
  }
  await fleet.frames(5)
  return { fleet, edit, isExact }
}

const rollbackMs = ({ rolledBack }: SwapReport) => rolledBack!.liveAt - rolledBack!.actedAt

/** Elsewhere nothing can be gone ahead; test/state/sliced.test.ts goes the way back there, too. */
const isTold = addon().writeObstacle() === ''

test.runIf(isTold)(
  'a rollback finds large state moved the way back, but for what the last ticks have written',
  async () => {
    const { fleet, edit, isExact } = await start()
    const early: number[] = []
    const late: number[] = []
    for (let i = 1; i <= 3; i++) {
      // At once nothing has been moved yet; later all has, and some of it again and again.
      early.push(rollbackMs(await edit(two('worker === 0 && ++age === 2', { version: `2.0.${i}` }), isExact)))
      late.push(rollbackMs(await edit(two('worker === 0 && ++age === 90', { version: `2.1.${i}` }), isExact)))
    }
    expect(fleet.allExceptions).toBe(0)
    expect(Math.min(...late), JSON.stringify({ early, late })).toBeLessThan(Math.max(...early) / 2)
  },
  30_000,
)

test.runIf(isTold)(
  'a way back that fails, or hangs beside the engine, leads to the state of the commit',
  async () => {
    const { fleet, edit } = await start()
    const throws = "if (next.columns.marks[0]! > 100) throw new Error('no way back')"
    const failed = await edit(two('worker === 0 && ++age === 200', { down: throws }))
    expect(failed.restored).toMatchObject({ how: 'backup' })
    expect(failed.restored!.ticksLost).toBeGreaterThan(100)
    await fleet.frames(3)
    // In the thread that goes ahead, once: it is still at it when the rollback comes.
    const hangs =
      'if (next.columns.marks[0]! > 150) for (const end = hung ??= Date.now() + 2500; Date.now() < end; );'
    const hung = await edit(two('worker === 0 && ++age === 400', { rows: hangs, version: '2.0.1' }))
    expect(hung.restored).toMatchObject({ how: 'backup' })
    expect(fleet.mixed).toBe(0)
  },
  30_000,
)
