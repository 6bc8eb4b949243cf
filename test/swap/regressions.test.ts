import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { Crew } from '../../dist/control/crew.js'
import { createRuntime, type SwapReport } from '../../dist/index.js'
import { Board, ParticipantState, SlotWord, Status, Word } from '../../dist/swap/board.js'
import { leaderSlot } from '../../dist/swap/rendezvous.js'
import { counter } from '../support/counter.ts'
import { open } from '../support/opened.ts'
import { type Api, columnsOf, type FleetOptions, openCompanion, openFleet } from '../support/opened-fleet.ts'
import { Scratch } from '../support/scratch.ts'

const start = (files: Record<string, string>, options: Partial<FleetOptions> = {}) =>
  openFleet(files, { workers: 0, ...options })

/** Polls without ticking. */
async function eventually(condition: () => boolean, what: string, ms = 10_000) {
  const end = performance.now() + ms
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${ms} ms for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

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
    const other = await openCompanion(fleet)
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
      const { scratch, fleet } = await start(
        { 'counter.ts': counter(), 'tally.ts': tally },
        { runtime: { probation: { ticks: 1_000_000 } } },
      )
      const other = await openCompanion(fleet)
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

describe('a meeting', () => {
  test('that is called off lets everybody go, and touches no state', async () => {
    const { scratch, fleet } = await start(
      { 'counter.ts': counter(), 'tally.ts': tally },
      { workers: 1, runtime: { deadlines: { prepareMs: 200, parkMs: 2000 } } },
    )
    const tallied = fleet.runtime.use<Api>('tally')
    const lazy = await openCompanion(fleet, 'lazy')
    lazy.tick(fleet.frame)
    await scratch.write('counter.ts', counter({ by: 2 }))
    let longest = 0
    for (let frame = 0; fleet.reports.length === 0 || frame < 20; frame++) {
      const from = performance.now()
      await fleet.step()
      tallied.exports.add!()
      // It loads the candidate, but shares its thread with the participant it would have to meet.
      lazy.tick(frame - 1_000_000)
      longest = Math.max(longest, performance.now() - from)
    }
    expect(fleet.reports[0]).toMatchObject({
      outcome: 'reversed',
      findings: [{ code: 'TICKSWAP_E_STRAGGLER' }],
    })
    // Two participants in one thread: whoever is at the boundary keeps the other from it.
    expect(fleet.reports[0]!.findings[0]!.message).toMatch(/(?:lazy|main) \(at tick/)
    lazy.pause()
    expect(longest).toBeLessThan(1000)
    await fleet.report('permanent')
    expect(columnsOf(tallied).count![0]).toBe(tallied.state.soft.n)
  })

  test('whose leader ends in the middle of it is ended by another participant', async () => {
    const text = (verify: string) => `import { defineUnit, u32 } from 'tickswap/module'
export const unit = defineUnit({ version: '1.0.0', state: { columns: { armed: u32(1) } }, ${verify} })
`
    const scratch = await Scratch.create({ 'trap.ts': text('') })
    const runtime = await createRuntime({ units: scratch.dir, probation: { ticks: 3 } })
    open.push(scratch, runtime)
    const reports: SwapReport[] = []
    for (const event of ['reject', 'permanent'] as const) runtime.on(event, (report) => reports.push(report))
    const { armed } = columnsOf(runtime.use('trap'))
    const words = new Int32Array(new SharedArrayBuffer(64))
    const ticket = runtime.ticket()
    const workers: Worker[] = []
    open.push({
      close: async () => {
        Atomics.store(words, 0, 1)
        await Promise.all(workers.map((worker) => worker.terminate()))
      },
    })
    // One after the other, so that their slots are known.
    for (const index of [1, 2]) {
      const workerData = { ticket, words, index, name: `worker-${index}` }
      workers.push(new Worker(new URL('../support/free-worker.js', import.meta.url), { workerData }))
      await eventually(() => Atomics.load(words, index) > 5, `worker ${index}`)
    }
    const wait = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'
    await scratch.write('trap.ts', text(`verify(state) { if (state.columns.armed[0]++ === 0) ${wait} },`))
    await eventually(() => armed![0] === 1, 'the leader in the trap')
    const turns = [1, 2].map((index) => Atomics.load(words, index))
    const leader = leaderSlot(new Board(ticket.board))
    await workers[leader - 1]!.terminate()
    const other = 3 - leader
    await eventually(() => Atomics.load(words, other) > turns[other - 1]! + 5, 'the other worker')
    await eventually(() => reports.some(({ outcome }) => outcome === 'permanent'), 'the edit, tried again')
    expect(reports[0]).toMatchObject({ outcome: 'reversed' })
  })
})

describe('calls at a handle', () => {
  const failing = counter({ by: 2 }).replace(
    `=> 'v1`,
    `=> { throw new Error('no') }; const unused = () => 'v1`,
  )

  test('that fail in a paused participant leave the rollback to the boundary of those that tick', async () => {
    const { scratch, fleet } = await start(
      { 'counter.ts': counter() },
      { runtime: { probation: { ticks: 1_000_000 } } },
    )
    const other = await openCompanion(fleet)
    const handle = other.use<Api>('counter')
    await scratch.write('counter.ts', failing)
    await fleet.report('committed')
    await fleet.until(() => handle.version !== '1.0.0', 'the paused participant')
    const board = new Board(fleet.runtime.ticket().board)
    expect(handle.exports.label!()).toBeUndefined()
    expect(board.decision & 15).toBe(Status.COMMITTED)
    await fleet.report('rolled-back')
    await fleet.until(() => handle.version === '1.0.0', 'the paused participant')
    expect(columnsOf(fleet.handle).steps![0]).toBe(fleet.frame)
  })

  test('are not written down once nothing is watched, whoever holds on to the exports', async () => {
    const { scratch, fleet } = await start({ 'counter.ts': counter() })
    await scratch.write('counter.ts', counter({ by: 2 }))
    await fleet.until(() => fleet.handle.version !== '1.0.0', 'the commit')
    const { label } = fleet.handle.exports
    const board = new Board(fleet.runtime.ticket().board)
    label!()
    expect(board.load(Word.TICKET)).toBeGreaterThan(0)
    await fleet.report('permanent')
    const before = board.load(Word.TICKET)
    expect(label!()).toBe('v1.0.0 by 2')
    expect(board.load(Word.TICKET)).toBe(before)
  })

  test('are numbered anew in every tick, so that the numbers do not run out', async () => {
    const { scratch, fleet } = await start(
      { 'counter.ts': counter() },
      { runtime: { probation: { ticks: 1_000_000 } } },
    )
    await scratch.write('counter.ts', counter({ by: 2 }))
    await fleet.report('committed')
    await fleet.frames(100)
    expect(new Board(fleet.runtime.ticket().board).load(Word.TICKET)).toBe(4)
  })
})

test('a slot is free only when nothing of its last participant is left in it', () => {
  const board = Board.create(2)
  const [state, arrived] = [board.at(1, SlotWord.STATE), board.at(1, SlotWord.ARRIVED)]
  board.store(state, ParticipantState.DEAD)
  board.store(arrived, 7)
  const store = board.store.bind(board)
  const seen: number[] = []
  board.store = (word, value) => {
    store(word, value)
    // What a joiner does that looks for a place at this instant.
    if (board.swap(state, ParticipantState.FREE, ParticipantState.PAUSED)) seen.push(board.load(arrived))
  }
  new Crew(board, 'none').bury()
  expect(seen).toEqual([0])
  expect(board.state(1)).toBe(ParticipantState.PAUSED)
})

describe('the end of a runtime', () => {
  /** Runs a script as a process of its own; a process that does not end within `ms` fails. */
  async function run(text: string, ms = 10_000): Promise<string> {
    const scratch = await Scratch.create({
      'good/counter.ts': counter(),
      'bad/counter.ts': counter({ unit: `setup() { throw new Error('not here') },` }),
    })
    open.push(scratch)
    const index = new URL('../../dist/index.js', import.meta.url).href
    const head = `import { appendFileSync } from 'node:fs'\nimport { createRuntime, joinRuntime } from '${index}'\nconst units = (name) => '${scratch.dir}/' + name\n`
    await scratch.write('script.mjs', head + text)
    const { stdout } = await promisify(execFile)(process.execPath, [scratch.path('script.mjs')], {
      timeout: ms,
    })
    return stdout.trim()
  }

  test('that never began does not keep the process alive', async () => {
    const said = await run(
      `await createRuntime({ units: units('bad') }).catch((error) => console.log(error.message))`,
    )
    expect(said).toBe('not here')
  })

  test('is told to those who come too late, and to those who wait', async () => {
    const said = await run(`
      const runtime = await createRuntime({ units: units('good'), watch: false })
      appendFileSync(units('good') + '/counter.ts', '// edited')
      const other = await joinRuntime(runtime.ticket(), { name: 'other' })
      const ticket = runtime.ticket()
      const late = other.swap('counter').catch((error) => error.code)
      await Promise.all([runtime.close(), runtime.close()])
      const say = (promise) => promise.then(() => 'done', (error) => error.code)
      console.log(await late, await say(joinRuntime(ticket)), await say(runtime.units()), await say(other.units()))
      runtime.tick()
      await other.close()
    `)
    expect(said).toBe(Array(4).fill('TICKSWAP_E_CLOSED').join(' '))
  })

  test('may come from a listener, inside a tick, and whoever has left is not waited for', async () => {
    const { scratch, fleet } = await start({ 'counter.ts': counter() })
    const other = await openCompanion(fleet)
    other.on('permanent', () => void other.close())
    await scratch.write('counter.ts', counter({ by: 2 }))
    await fleet.until(() => fleet.reports.some(({ outcome }) => outcome === 'permanent'), 'permanence')
    // As a loop does that has not noticed.
    for (let i = 0; i < 3; i++) other.tick(fleet.frame)
    other.pause()
    const since = fleet.reports.length
    await scratch.write('counter.ts', counter({ by: 3 }))
    await fleet.report('permanent', since)
    expect(fleet.reports.map(({ outcome }) => outcome)).not.toContain('refused')
  })

  test('gives its memory back', async () => {
    const scratch = await Scratch.create({ 'counter.ts': counter({ columns: 'large: f32(2_000_000),' }) })
    open.push(scratch)
    const used = async () => {
      const runtime = await createRuntime({ units: scratch.dir, watch: false })
      runtime.tick()
      await runtime.close()
      for (let i = 0; i < 3; i++) {
        setFlagsFromString('--expose-gc')
        runInNewContext('gc')()
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      return process.memoryUsage().arrayBuffers
    }
    const first = await used()
    for (let i = 0; i < 3; i++) await used()
    expect((await used()) - first).toBeLessThan(8_000_000)
  })

  test('of the control thread alone is told, and nobody waits for it for ever', async () => {
    const said = await run(`
      import { Worker } from 'node:worker_threads'
      const terminate = Worker.prototype.terminate
      const started = []
      Worker.prototype.on = new Proxy(Worker.prototype.on, { apply(on, self, args) { started.push(self); return Reflect.apply(on, self, args) } })
      const runtime = await createRuntime({ units: units('good'), watch: false })
      runtime.on('warning', ({ code, message }) => console.log(code, message))
      // Something to swap, while nobody ticks: it cannot be answered before the thread has ended.
      appendFileSync(units('good') + '/counter.ts', '// edited')
      const late = runtime.swap('counter').catch((error) => error.code)
      await terminate.call(started[0])
      console.log(await late)
      await runtime.close()
    `)
    expect(said).toBe('TICKSWAP_E_INTERNAL the control thread ended\nTICKSWAP_E_CLOSED')
  })
})

describe('what is on disk', () => {
  const unit = (n: number, step = '') => `import { defineUnit } from 'tickswap/module'
export const unit = defineUnit({ version: '1.0.0' })
export const step = () => { ${step} }
export const n = () => ${n}
`
  const helped = (more = '') =>
    counter({
      imports: `import { a } from './a.ts'\nimport { b } from './b.ts'`,
      body: `export const sum = () => a() + b()${more}`,
      step: 'a()',
    })
  const constant = (name: string, n: number) => `export const ${name} = () => ${n}\n`

  test('is all read by swap(): helpers too', async () => {
    const { scratch, fleet } = await start(
      { 'counter.ts': helped(), 'a.ts': constant('a', 1), 'b.ts': constant('b', 1) },
      { runtime: { watch: false } },
    )
    await scratch.write('b.ts', constant('b', 10))
    expect(await fleet.during(fleet.runtime.swap('counter'))).toMatchObject({ outcome: 'committed' })
    expect(fleet.handle.exports.sum!()).toBe(11)
  })

  test('and was rolled back with something else is tried again with its correction', async () => {
    const { scratch, fleet } = await start({
      'counter.ts': unit(1),
      'other.ts': unit(1),
      'third.ts': unit(1),
    })
    const other = fleet.runtime.use<Api>('other')
    await Promise.all([
      scratch.write('counter.ts', unit(2, `throw new Error('x')`)),
      scratch.write('other.ts', unit(2)),
    ])
    await fleet.report('rolled-back')
    let since = fleet.reports.length
    // Nothing of it comes along with an edit that has nothing to do with it.
    await scratch.write('third.ts', unit(2))
    const third = await fleet.report('permanent', since)
    expect(third.units.map((move) => move.unit)).toEqual(['third'])
    since = fleet.reports.length
    await scratch.write('counter.ts', unit(3))
    await fleet.report('permanent', since)
    expect([fleet.handle.exports.n!(), other.exports.n!()]).toEqual([3, 2])
  })

  test('and was rolled back with something else may also be saved alone', async () => {
    const { scratch, fleet } = await start({ 'counter.ts': unit(1), 'other.ts': unit(1) })
    const other = fleet.runtime.use<Api>('other')
    const bad = unit(2, `throw new Error('x')`)
    await Promise.all([scratch.write('counter.ts', bad), scratch.write('other.ts', unit(2))])
    await fleet.report('rolled-back')
    let since = fleet.reports.length
    await scratch.write('other.ts', unit(2))
    await fleet.report('permanent', since)
    expect([fleet.handle.exports.n!(), other.exports.n!()]).toEqual([1, 2])
    since = fleet.reports.length
    await scratch.write('counter.ts', bad)
    expect((await fleet.report('refused', since)).findings[0]).toMatchObject({
      code: 'TICKSWAP_E_QUARANTINED',
    })
  })

  test('of the helpers of one unit is read again when one of them is corrected', async () => {
    const { scratch, fleet } = await start({
      'counter.ts': helped(),
      'a.ts': constant('a', 1),
      'b.ts': constant('b', 1),
    })
    await Promise.all([
      scratch.write('a.ts', `export const a = () => { throw new Error('x') }\n`),
      scratch.write('b.ts', constant('b', 10)),
    ])
    await fleet.report('rolled-back')
    const since = fleet.reports.length
    await scratch.write('a.ts', constant('a', 100))
    await fleet.report('permanent', since)
    expect(fleet.handle.exports.sum!()).toBe(110)
  })

  test('is read again as a whole with the first edit after a rollback by hand', async () => {
    const { scratch, fleet } = await start({
      'counter.ts': helped(),
      'a.ts': constant('a', 1),
      'b.ts': constant('b', 1),
    })
    const extended = (more: string) => helped(more).replace('{ b }', '{ b, c }')
    await Promise.all([
      scratch.write('counter.ts', extended(' + c()')),
      scratch.write('b.ts', `${constant('b', 1)}${constant('c', 10)}`),
    ])
    await fleet.report('permanent')
    let since = fleet.reports.length
    await fleet.during(fleet.runtime.rollback('counter'))
    await fleet.report('permanent', since)
    expect(fleet.handle.exports.sum!()).toBe(2)
    since = fleet.reports.length
    await scratch.write('counter.ts', extended(' + c() + 100'))
    await fleet.report('permanent', since)
    expect(fleet.handle.exports.sum!()).toBe(112)
  })

  test('is refused once when nobody ticks, and waits', async () => {
    const scratch = await Scratch.create({ 'counter.ts': counter() })
    const runtime = await createRuntime({
      units: scratch.dir,
      probation: { ticks: 3 },
      deadlines: { prepareMs: 100 },
    })
    open.push(scratch, runtime)
    const reports: SwapReport[] = []
    runtime.on('reject', (report) => reports.push(report))
    await scratch.write('counter.ts', counter({ by: 2 }))
    await eventually(() => reports.length > 0, 'the refusal')
    const from = performance.now()
    // Three deadlines and the pauses between them.
    await eventually(() => performance.now() - from > 1200, 'more of them')
    expect(reports).toHaveLength(1)
    const handle = runtime.use<Api>('counter')
    await eventually(() => {
      runtime.tick()
      return handle.version !== '1.0.0'
    }, 'the edit')
    expect(handle.exports.label!()).toBe('v1.0.0 by 2')
  })
})

describe('asking', () => {
  test('to go back in probation goes back from the version that is live', async () => {
    const { scratch, fleet } = await start(
      { 'counter.ts': counter() },
      { runtime: { watch: false, probation: { ticks: 100 } } },
    )
    for (const [version, before] of [
      ['1.1.0', '1.0.0'],
      ['1.2.0', '1.0.0'],
    ] as const) {
      await scratch.write('counter.ts', counter({ version, body: `// from ${before}` }))
      const swapping = fleet.runtime.swap('counter')
      await fleet.until(() => fleet.handle.version === version, 'the commit')
      const back = fleet.runtime.rollback('counter')
      await fleet.during(swapping)
      expect(await fleet.during(back)).toMatchObject({ outcome: 'committed', units: [{ from: version }] })
      await fleet.until(() => fleet.handle.version !== version, 'the way back')
    }
  })

  test('for two ranges holds a swap to both', async () => {
    const { scratch, fleet } = await start({ 'counter.ts': counter() })
    fleet.runtime.use('counter', '<1.5')
    fleet.runtime.use('counter', '^1.0.0')
    await scratch.write('counter.ts', counter({ version: '1.6.0' }))
    await fleet.until(() => fleet.reports.length > 0, 'a report')
    expect(fleet.reports[0]).toMatchObject({
      outcome: 'refused',
      findings: [{ code: 'TICKSWAP_E_REQUIREMENT' }],
    })
  })

  test('to join after a refusal brings no candidate', async () => {
    const seen = globalThis as { evaluated?: number }
    const { scratch, fleet } = await start({ 'counter.ts': counter() })
    await scratch.write(
      'counter.ts',
      counter({
        unit: 'verify: () => false,',
        body: ';(globalThis as any).evaluated = ((globalThis as any).evaluated ?? 0) + 1',
      }),
    )
    await fleet.report('reversed')
    seen.evaluated = 0
    const other = await openCompanion(fleet)
    other.tick(fleet.frame)
    expect(seen.evaluated).toBe(0)
  })
})

describe('soft state', () => {
  test('that cannot be copied is refused where it is declared', async () => {
    const { scratch, fleet } = await start({ 'counter.ts': counter(), 'tally.ts': tally })
    await scratch.write('tally.ts', tally.replace('({ n: 0 })', '({ n: 0, f: () => 1 })'))
    await fleet.until(() => fleet.reports.length > 0, 'a report')
    expect(fleet.reports[0]).toMatchObject({
      outcome: 'refused',
      findings: [{ code: 'TICKSWAP_E_UNIT_INVALID' }],
    })
  })

  test('that became impossible to copy never makes a tick throw', async () => {
    const { scratch, fleet } = await start({ 'counter.ts': counter(), 'tally.ts': tally })
    const tallied = fleet.runtime.use<Api>('tally')
    tallied.state.soft.callback = () => 1
    tallied.exports.add!()
    await scratch.write('counter.ts', counter({ by: 2, ...failsAt(3) }))
    await fleet.report('rolled-back')
    expect(tallied.state.soft).toMatchObject({ n: 1, callback: expect.any(Function) })
    const since = fleet.reports.length
    await scratch.write('tally.ts', `${tally}// edited`)
    await fleet.report('permanent', since)
    expect(tallied.state.soft).toMatchObject({ n: 1, callback: expect.any(Function) })
  })

  test('keeps keys that were not there at the start; one that the new version dropped goes', async () => {
    const { scratch, fleet } = await start({ 'counter.ts': counter(), 'tally.ts': tally })
    const tallied = fleet.runtime.use<Api>('tally')
    tallied.state.soft.target = { id: 7 }
    await scratch.write('tally.ts', tally.replace('({ n: 0 })', '({ m: 1 } as any)'))
    await fleet.report('permanent')
    expect(tallied.state.soft).toEqual({ m: 1, target: { id: 7 } })
  })
})

test('a call for attention is not taken back by another one at the same instant', () => {
  const board = Board.create(1)
  const load = board.load.bind(board)
  board.load = (word) => {
    const value = load(word)
    board.load = load
    board.attend()
    return value
  }
  board.attend()
  expect(board.load(Word.ATTENTION)).toBe(2)
})
