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

const EDITS = 40
const WORKERS = 4
let scratch: Scratch
let fleet: Fleet
afterAll(async () => {
  await fleet?.close()
  await scratch?.remove()
})

const BAD: ((n: number) => string)[] = [
  (n) => `${counter({ by: n })}\n)`,
  (n) => counter({ by: n, body: `throw new Error('${n}')` }),
  (n) => counter({ by: n, step: `if (worker === ${n % WORKERS}) throw new Error('${n}')` }),
  (n) =>
    counter({
      by: n,
      body: 'let age = 0',
      step: `if (worker === -1 && ++age === 3) throw new Error('${n}')`,
    }),
  (n) => counter({ by: n, step: `if (worker === ${n % WORKERS}) total[60] = NaN` }),
  (n) => counter({ by: n, unit: `verify: (state) => ${n} < 0,` }),
  (n) => counter({ by: n, unit: `setup() { throw new Error('${n}') },` }),
]

test(`random edits, one in four bad, with workers that join and leave (seed ${seed})`, {
  timeout: 120_000,
}, async () => {
  const next = random(seed)
  scratch = await Scratch.create({ 'counter.ts': counter() })
  fleet = await Fleet.start(scratch, {
    unit: 'counter',
    workers: WORKERS,
    runtime: { probation: { ticks: 5 } },
  })
  const joined = new Map<number, number>()
  let good = 0
  for (let n = 2; n <= EDITS; n++) {
    const since = fleet.reports.length
    const bad = next() < 0.25
    const text = bad ? BAD[Math.floor(next() * BAD.length)]!(n) : counter({ by: n })
    await scratch.write('counter.ts', text)
    if (n % 15 === 0) {
      await fleet.addWorker()
      joined.set(WORKERS + joined.size, fleet.frame)
    }
    const expected = bad ? ['refused', 'reversed', 'rolled-back'] : ['permanent']
    const ended = () => fleet.reports.slice(since).find(({ outcome }) => expected.includes(outcome))
    await fleet.until(() => ended() !== undefined, `the end of edit ${n}, ${bad ? 'bad' : 'good'}: ${text}`)
    if (!bad) good++
    expect(fleet.handle.version).toBe(
      good === 0
        ? '1.0.0'
        : fleet.runtime.history('counter').findLast(({ outcome }) => outcome === 'permanent')!.version,
    )
  }
  await fleet.frames(3)
  const { steps } = fleet.handle.state.columns as Record<string, Uint32Array>
  expect(fleet.mixed).toBe(0)
  expect(fleet.allExceptions).toBe(0)
  // A sequential model of the engine: everybody steps once in every frame it took part in.
  expect([...steps!.subarray(0, WORKERS + 1)]).toEqual(Array(WORKERS + 1).fill(fleet.frame))
  for (const [worker, frame] of joined) expect(steps![worker + 1]).toBe(fleet.frame - frame)
  expect(fleet.runtime.history('counter').filter(({ outcome }) => outcome === 'permanent')).toHaveLength(good)
})
