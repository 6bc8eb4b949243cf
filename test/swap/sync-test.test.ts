import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { createRuntime, type Finding, type RuntimeOptions } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import type { Fleet } from '../support/fleet.ts'
import { open } from '../support/opened.ts'
import { openFleet } from '../support/opened-fleet.ts'
import { Scratch } from '../support/scratch.ts'

async function start(source: string, runtime: Partial<RuntimeOptions> = {}, workers = 2) {
  const settings = { watch: false, syncTest: true, ...runtime }
  const { scratch, fleet } = await openFleet({ 'counter.ts': source }, { workers, runtime: settings })
  const warnings: Finding[] = []
  fleet.runtime.on('warning', (found) => warnings.push(found))
  return { scratch, fleet, warnings }
}

const columns = (fleet: Fleet) => fleet.handle.state.columns as Record<string, Float32Array>
const found = (warnings: readonly Finding[]) => warnings.map(({ message }) => message).join('\n')

describe('the sync test', () => {
  test('a deterministic unit passes, with workers, through swaps, and its state is as without the test', async () => {
    const { scratch, fleet, warnings } = await start(counter({ unit: 'deterministic: true,' }))
    await fleet.frames(20)
    for (let edit = 2; edit <= 4; edit++) {
      await scratch.write('counter.ts', counter({ unit: 'deterministic: true,', by: edit }))
      void fleet.runtime.swap('counter')
      await fleet.until(
        () => fleet.reports.filter(({ outcome }) => outcome === 'permanent').length === edit - 1,
        'a swap',
      )
      await fleet.frames(10)
    }
    expect(fleet.handle.exports.label!()).toBe('v1.0.0 by 4')
    const steps = (fleet.handle.state.columns as Record<string, Uint32Array>).steps!
    expect([steps[0], fleet.handle.state.soft]).toEqual([fleet.frame, { calls: fleet.frame }])
    // Workers began a few frames later than the main thread.
    for (const row of [1, 2]) expect(steps[row]).toBeGreaterThan(fleet.frame - 10)
    expect(found(warnings)).toBe('')
    expect(fleet.mixed).toBe(0)
  })

  const cases: [string, string, Parameters<typeof counter>[0], RegExp][] = [
    [
      'chance',
      'a column',
      { step: 'if (worker === 1 && steps[0]! > 12) total[9] = Math.random()' },
      /^counter 1\.0\.0: total\[9\] is 0\.\d+ after a tick, and 0\.\d+ when the tick is run again$/,
    ],
    [
      "a variable of the module, against the unit's own word",
      'a column',
      {
        unit: 'deterministic: true,',
        body: 'let age = 0',
        step: 'if (worker === 0 && steps[0]! > 12) total[12] = ++age',
      },
      /^counter 1\.0\.0, which declares itself deterministic: total\[12\] is (\d+) after a tick, and (\d+) when/,
    ],
    [
      'the time',
      'soft state',
      { step: 'if (steps[0]! > 12) Object.assign(unit.state.soft, { at: performance.now() })' },
      /^counter 1\.0\.0: soft\.at is [\d.]+ after a tick, and [\d.]+ when the tick is run again$/,
    ],
    [
      'chance',
      "a participant's own column",
      {
        columns: "own: f32(8, { scope: 'participant' }),",
        step: 'if (steps[0]! > 12) unit.state.columns.own[5] = Math.random()',
      },
      /^counter 1\.0\.0: own\[5\] is 0\.\d+ after a tick/,
    ],
  ]
  for (const [what, where, source, message] of cases)
    test(`finds a unit that depends on ${what}, by ${where}`, async () => {
      const { scratch, fleet, warnings } = await start(counter(source))
      await fleet.until(() => warnings.length > 0, 'a warning')
      expect(warnings[0]).toMatchObject({
        code: 'TICKSWAP_E_SYNC_TEST',
        severity: 'warning',
        unit: 'counter',
        file: scratch.path('counter.ts'),
        participant: expect.any(String),
        advice: expect.any(String),
      })
      expect(warnings[0]!.message).toMatch(message)
      // What was goes on, and is told once by each participant that has seen it.
      await fleet.frames(20)
      expect(warnings.length).toBeLessThanOrEqual(3)
      expect(columns(fleet).total![0]).toBe(fleet.frame)
    })

  test('an engine that uses one object for the arguments of all calls is no finding', async () => {
    const body = 'export const push = (row: { x: number }) => { unit.state.columns.total[20]! += row.x }'
    const { fleet, warnings } = await start(counter({ body }))
    const row = { x: 0 }
    for (let i = 0; i < 20; i++) {
      await fleet.step()
      for (let turn = 1; turn <= 3; turn++) {
        row.x = turn
        fleet.handle.exports.push!(row)
      }
    }
    await fleet.frames(2)
    expect(columns(fleet).total![20]).toBe(20 * 6)
    expect(found(warnings)).toBe('')
  })

  test('an exception reaches the engine, and the test goes on', async () => {
    const step = `if (steps[worker + 1] === 6 && worker === -1) throw new Error('once')
      if (steps[worker + 1] > 12 && worker === -1) total[3] = Math.random()`
    const { fleet, warnings } = await start(counter({ step }), {}, 1)
    await fleet.until(() => warnings.length > 0, 'a warning')
    expect(fleet.exceptions).toBe(1)
    expect(warnings[0]!.message).toMatch(/total\[3\]/)
  })

  test('a worker that joins, and one that dies, are no finding', async () => {
    const { fleet, warnings } = await start(counter(), {}, 1)
    await fleet.frames(5)
    await fleet.addWorker()
    await fleet.frames(10)
    await fleet.kill(0)
    await fleet.frames(10)
    expect(found(warnings)).toBe('')
    expect(columns(fleet).total![0]).toBe(fleet.frame)
  })

  test('workers that join at any instant of a frame are no finding, and lose nothing', async () => {
    const { fleet, warnings } = await start(counter(), {}, 1)
    for (let joined = 0; joined < 6; joined++) await fleet.during(fleet.addWorker())
    await fleet.frames(5)
    expect(found(warnings)).toBe('')
    expect(columns(fleet).total![0]).toBe(fleet.frame)
  })

  test('participants that tick at their own pace, through swaps', async () => {
    const { scratch, fleet, warnings } = await start(counter({ unit: 'deterministic: true,' }), {}, 0)
    const words = new Int32Array(new SharedArrayBuffer(16))
    const workers = [0, 1].map((index) => {
      const workerData = { ticket: fleet.runtime.ticket(), words, index, unit: 'counter' }
      return new Worker(new URL('../support/free-stepper.js', import.meta.url), { workerData })
    })
    open.push({ close: async () => void (await Promise.all(workers.map((worker) => worker.terminate()))) })
    const steps = (fleet.handle.state.columns as Record<string, Uint32Array>).steps!
    let mine = steps[0]!
    const turn = async () => {
      fleet.runtime.tick()
      fleet.handle.exports.step!(1 / 60, -1)
      mine++
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    const end = performance.now() + 15_000
    while (words.subarray(1, 3).some((turns) => turns < 10) && performance.now() < end) await turn()
    for (let edit = 2; edit <= 3; edit++) {
      await scratch.write('counter.ts', counter({ unit: 'deterministic: true,', by: edit }))
      void fleet.runtime.swap('counter')
      const isOver = () => fleet.reports.filter(({ outcome }) => outcome === 'permanent').length === edit - 1
      while (!isOver() && performance.now() < end) await turn()
    }
    Atomics.store(words, 0, 1)
    Atomics.notify(words, 0)
    for (let i = 0; i < 5; i++) await turn()
    expect(fleet.reports.map(({ outcome }) => outcome)).toEqual([
      'committed',
      'permanent',
      'committed',
      'permanent',
    ])
    expect(fleet.reports.at(-1)!.participants.length).toBe(3)
    expect(steps[0]).toBe(mine)
    expect([...steps.subarray(1, 3)]).toEqual([...words.subarray(1, 3)])
    expect(found(warnings)).toBe('')
  })

  test('only the units that are named', async () => {
    const { fleet, warnings } = await start(counter({ step: 'total[9] = Math.random()' }), {
      syncTest: { units: ['other'] },
    })
    await fleet.frames(10)
    expect(found(warnings)).toBe('')
  })

  test('needs lockstep, and says so', async () => {
    const scratch = await Scratch.create({ 'counter.ts': counter() })
    open.push(scratch)
    const options = { units: scratch.dir, watch: false }
    await expect(createRuntime({ ...options, mode: 'independent', syncTest: true })).rejects.toThrow(
      /lockstep/,
    )
    await expect(createRuntime({ ...options, syncTest: { units: [''] } })).rejects.toThrow(/syncTest/)
  })
})
