import { afterAll, expect, test } from 'vitest'
import { counter } from '../support/counter.ts'
import { Fleet } from '../support/fleet.ts'
import { Scratch } from '../support/scratch.ts'

/** Small and seeded; the seed is printed, TICKSWAP_SEED repeats it. */
const seed = Number(process.env.TICKSWAP_SEED ?? Math.floor(Math.random() * 2 ** 31))
function random(state: number): () => number {
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const EDITS = 30
const WORKERS = 32
/** Rows of the columns: the main thread's, and one for every worker there has ever been. */
const MOST = 63
let scratch: Scratch
let fleet: Fleet
afterAll(async () => {
  await fleet?.close()
  await scratch?.remove()
})

/** Every version counts in the same way; the order and number of a row's steps are in its `mix`. */
const STEP = 'unit.state.columns.mix[worker + 1] = Math.imul(mix[worker + 1]!, 31) + steps[worker + 1]!'
const source = (n: number, { body = '', before = '', unit = '', step = '' } = {}) =>
  counter({
    version: `1.${n}.0`,
    by: n,
    // Every third version has a column of its own: it comes, and goes again with the next.
    columns: `mix: u32(64), ${n % 3 === 0 ? `extra${n}: u32(16),` : ''}`,
    unit: `migrate: { '*': { up() {}, down() {} } }, ${unit}`,
    body,
    step: `const { mix } = unit.state.columns\n${before}\n${STEP}\n${step}`,
  })

/** What is wrong with an edit; `who` is a worker that lives. */
const BAD: ((n: number, who: number) => string)[] = [
  (n) => `${source(n)}\n)`,
  (n) => source(n, { body: `throw new Error('${n}')` }),
  (n, who) => source(n, { before: `if (worker === ${who}) throw new Error('${n}')` }),
  (n) =>
    source(n, { body: 'let age = 0', step: `if (worker === -1 && ++age === 3) throw new Error('${n}')` }),
  (n, who) => source(n, { step: `if (worker === ${who}) total[60] = NaN` }),
  (n) => source(n, { unit: `verify: (state) => ${n} < 0,` }),
  (n) => source(n, { unit: `setup() { throw new Error('${n}') },` }),
]

/** The engine as one thread would run it: everybody steps once in every frame it took part in. */
class Model {
  readonly #rows = new Map<number, { steps: number; from: number; until: number }>()

  lives(row: number, from: number): void {
    this.#rows.set(row, { steps: 0, from, until: Number.POSITIVE_INFINITY })
  }

  dies(row: number, frame: number): void {
    this.#rows.get(row)!.until = frame
  }

  /** A thread that was killed before the tick of a rollback is not there to make its last step again. */
  columns(frame: number, made: Uint32Array): { steps: Uint32Array; mix: Uint32Array } {
    const steps = new Uint32Array(64)
    const mix = new Uint32Array(64)
    for (const [row, { from, until }] of this.#rows) {
      const isLastLost = until <= frame && made[row] === until - from - 1
      const last = Math.min(frame, until) - (isLastLost ? 1 : 0)
      for (let at = from; at < last; at++) mix[row] = Math.imul(mix[row]!, 31) + ++steps[row]!
    }
    return { steps, mix }
  }
}

function checksum({ steps, mix }: { steps: Uint32Array; mix: Uint32Array }): number {
  let sum = 0x811c9dc5
  for (const value of [...steps, ...mix]) sum = Math.imul(sum ^ value, 0x01000193) >>> 0
  return sum
}

test(`32 threads that come and go, edits at random, one in four bad (seed ${seed})`, {
  timeout: 240_000,
}, async () => {
  const next = random(seed)
  const pick = (below: number) => Math.floor(next() * below)
  scratch = await Scratch.create({ 'counter.ts': source(1) })
  fleet = await Fleet.start(scratch, {
    unit: 'counter',
    workers: WORKERS,
    runtime: { probation: { ticks: 5, budgetMs: 5000 } },
  })
  const model = new Model()
  for (let row = 0; row <= WORKERS; row++) model.lives(row, 0)
  const living = Array.from({ length: WORKERS }, (_, i) => i)
  let workers = WORKERS
  let good = 0
  for (let n = 2; n <= EDITS; n++) {
    const since = fleet.reports.length
    const isBad = next() < 0.25
    const text = isBad ? BAD[pick(BAD.length)]!(n, living[pick(living.length - 1)]!) : source(n)
    await scratch.write('counter.ts', text)
    await fleet.frames(pick(12))
    // Never the one that a bad edit counts on.
    if (next() < 0.3) {
      const worker = living.pop()!
      await fleet.kill(worker)
      model.dies(worker + 1, fleet.frame)
    }
    if (next() < 0.3 && workers < MOST) {
      await fleet.addWorker()
      model.lives(workers + 1, fleet.frame)
      living.unshift(workers++)
    }
    const expected = isBad ? ['refused', 'reversed', 'rolled-back'] : ['permanent']
    const ended = () => fleet.reports.slice(since).find(({ outcome }) => expected.includes(outcome))
    await fleet.until(() => ended() !== undefined, `the end of edit ${n}: ${text}`, 40_000)
    if (!isBad) good++
  }
  await fleet.frames(3)
  expect(fleet.mixed).toBe(0)
  expect(fleet.allExceptions).toBe(0)
  const permanent = fleet.runtime.history('counter').filter(({ outcome }) => outcome === 'permanent')
  expect(permanent).toHaveLength(good)
  if (good > 0) expect(fleet.handle.version).toBe(permanent.at(-1)!.version)
  const columns = fleet.handle.state.columns as { steps: Uint32Array; mix: Uint32Array }
  const expected = model.columns(fleet.frame, columns.steps)
  expect([...columns.steps]).toEqual([...expected.steps])
  expect(checksum(columns)).toBe(checksum(expected))
})
