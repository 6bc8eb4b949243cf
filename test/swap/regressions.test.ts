import { afterEach, describe, expect, test } from 'vitest'
import { joinRuntime } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import { Fleet } from '../support/fleet.ts'
import { Scratch } from '../support/scratch.ts'

const open: { close?: () => Promise<void>; remove?: () => Promise<void> }[] = []
afterEach(async () => {
  for (const it of open.splice(0).reverse()) {
    await it.close?.()
    await it.remove?.()
  }
})

type Options = Partial<Parameters<typeof Fleet.start>[1]>
async function start(files: Record<string, string>, options: Options = {}) {
  const scratch = await Scratch.create(files)
  open.push(scratch)
  const fleet = await Fleet.start(scratch, { unit: 'counter', workers: 0, ...options })
  open.push(fleet)
  return { scratch, fleet }
}

/** Another participant in the main thread; it must not be at a boundary together with the fleet's. */
async function companion(fleet: Fleet, name = 'companion') {
  const runtime = await joinRuntime(fleet.runtime.ticket(), { name })
  open.push(runtime)
  return runtime
}

type Api = Record<string, (...args: unknown[]) => unknown>
const columnsOf = (handle: { state: { columns: object } }) => handle.state.columns as Record<string, number[]>
const tally = `import { defineUnit, u32 } from 'tickswap/module'
export const unit = defineUnit({
  version: '1.0.0',
  state: { columns: { count: u32(8) }, soft: () => ({ n: 0 }) },
})
export const add = (row = 0) => {
  unit.state.columns.count[row]++
  return ++unit.state.soft.n
}
`
const failsAt = (age: number) => ({
  body: 'let age = 0',
  step: `if (worker === -1 && ++age === ${age}) throw new Error('late')`,
})

describe("a participant's own state", () => {
  test('is as it was when a rollback happened while it was paused', async () => {
    const columns = `mine: u32(1, { scope: 'participant' }),`
    const { scratch, fleet } = await start({ 'counter.ts': counter({ columns }), 'tally.ts': tally })
    const other = await companion(fleet)
    const [mine, tallied] = [other.use<Api>('counter'), other.use<Api>('tally')]
    other.tick(fleet.frame)
    mine.exports.step!(1, 5)
    tallied.exports.add!()
    columnsOf(mine).mine![0] = 42
    other.pause()
    await scratch.write('counter.ts', counter({ columns, by: 2, ...failsAt(8) }))
    await fleet.report('rolled-back')
    await fleet.until(() => mine.version === '1.0.0', 'the paused participant')
    expect(mine.state.soft).toEqual({ calls: 1 })
    expect(tallied.state.soft).toEqual({ n: 1 })
    expect(columnsOf(mine).mine![0]).toBe(42)
  })

  test('is neither lost nor doubled when it pauses in probation, before or in the tick that fails', async () => {
    for (const ticksAway of [0, 1, 4]) {
      const long = { runtime: { probation: { ticks: 1_000_000 } } }
      const { scratch, fleet } = await start({ 'counter.ts': counter(), 'tally.ts': tally }, long)
      const other = await companion(fleet)
      const tallied = other.use<Api>('tally')
      await scratch.write(
        'counter.ts',
        counter({ by: 2, body: 'export const fail = () => { throw new Error("x") }' }),
      )
      await fleet.report('committed')
      // Alone in probation: the companion is the only one that ticks while the fleet rests.
      fleet.runtime.pause()
      other.tick()
      tallied.exports.add!(1)
      other.pause()
      await fleet.frames(1 + ticksAway)
      fleet.handle.exports.fail?.()
      await fleet.report('rolled-back')
      await fleet.frames(2)
      expect(columnsOf(tallied).count![1], `${ticksAway} ticks away`).toBe(1)
      expect(tallied.state.soft, `${ticksAway} ticks away`).toEqual({ n: 1 })
    }
  })

  test('of a column that the new version dropped comes back through down', async () => {
    const columns = (name: string) => `seen: u32(8), ${name}: u32(1, { scope: 'participant' }),`
    const step = (name: string) => `unit.state.columns.seen[worker + 1] = ++unit.state.columns.${name}[0]!`
    const { scratch, fleet } = await start(
      { 'counter.ts': counter({ columns: columns('mine'), step: step('mine') }) },
      { workers: 2, runtime: { probation: { ticks: 40 } } },
    )
    const unit = `migrate: { '^1.0.0': {
      up(old, next) { next.columns.yours[0] = old.columns.mine[0] },
      down(next, old) { old.columns.mine[0] = next.columns.yours[0] },
    } },`
    const late = failsAt(10)
    await scratch.write(
      'counter.ts',
      counter({
        version: '2.0.0',
        columns: columns('yours'),
        unit,
        body: late.body,
        step: `${step('yours')}\n  ${late.step}`,
      }),
    )
    const report = await fleet.report('rolled-back')
    expect(report.restored).toEqual({ how: 'down', ticksLost: 0 })
    await fleet.frames(2)
    expect([...columnsOf(fleet.handle).seen!.slice(0, 3)]).toEqual([fleet.frame, fleet.frame, fleet.frame])
  })
})
