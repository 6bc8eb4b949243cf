/**
 * An engine of 9 threads that is edited all the time, one edit in four bad: `make soak MINUTES=10`. Prints memory, stalls and
 * swaps of every minute; exits with 1 when a tick was mixed, a step was lost or an exception reached the engine.
 */
import { counter } from './support/counter.ts'
import { Fleet } from './support/fleet.ts'
import { Scratch } from './support/scratch.ts'

const MINUTE_MS = 60_000
const minutes = Number(process.argv[2] ?? 10)
const workers = Number(process.argv[3] ?? 8)
const MB = 2 ** 20

const BAD = [
  (n: number) => `${counter({ by: n })}\n)`,
  (n: number) => counter({ by: n, body: `throw new Error('${n}')` }),
  (n: number) => counter({ by: n, step: `if (worker === 0) throw new Error('${n}')` }),
  (n: number) => counter({ by: n, unit: `verify: () => ${n} < 0,` }),
]
const OUTCOMES = ['permanent', 'rolled-back', 'reversed', 'refused'] as const

const scratch = await Scratch.create({ 'counter.ts': counter() })
const fleet = await Fleet.start(scratch, {
  unit: 'counter',
  workers,
  // Otherwise it would be left alone after the twentieth bad edit of a minute.
  runtime: { probation: { ticks: 10 }, flapping: { times: 1_000_000 } },
})
const rows: Record<string, number>[] = []
const total = { edits: 1, isFine: true }

async function edit(): Promise<number> {
  const n = ++total.edits
  const isBad = n % 4 === 0
  fleet.reports.length = 0
  await scratch.write('counter.ts', isBad ? BAD[(n / 4) % BAD.length]!(n) : counter({ by: n }))
  const ends: readonly string[] = isBad ? OUTCOMES.slice(1) : ['permanent']
  await fleet.until(() => fleet.reports.some(({ outcome }) => ends.includes(outcome)), `the end of edit ${n}`)
  return Math.max(...fleet.reports.map(({ stallMs }) => stallMs))
}

async function minute(): Promise<Record<string, number>> {
  const counts = { edits: 0, permanent: 0, 'rolled-back': 0, reversed: 0, refused: 0 }
  const stalls: number[] = []
  const [from, frames] = [performance.now(), fleet.frame]
  while (performance.now() - from < MINUTE_MS) {
    stalls.push(await edit())
    counts.edits++
    for (const { outcome } of fleet.reports) if (outcome in counts) counts[outcome as keyof typeof counts]++
  }
  stalls.sort((a, b) => a - b)
  const at = (share: number) => Number(stalls[Math.floor(share * (stalls.length - 1))]!.toFixed(2))
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  const mb = (bytes: number) => Number((bytes / MB).toFixed(1))
  const memory = { 'rss MB': mb(rss), 'heap MB': mb(heapUsed), 'buffers MB': mb(arrayBuffers) }
  const stall = { 'stall p50 ms': at(0.5), 'p99 ms': at(0.99), 'max ms': at(1) }
  return { ...memory, ...stall, frames: fleet.frame - frames, ...counts, mixed: fleet.mixed }
}

try {
  for (let i = 1; i <= minutes; i++) {
    rows.push(await minute())
    console.log(`minute ${i}: ${JSON.stringify(rows.at(-1))}`)
  }
  const { steps } = fleet.handle.state.columns as { steps: Uint32Array }
  const isWhole = [...steps.subarray(0, workers + 1)].every((count) => count === fleet.frame)
  total.isFine = isWhole && fleet.mixed === 0 && fleet.allExceptions === 0
  console.table(rows)
  console.log(
    `${fleet.frame} frames of ${workers + 1} threads, ${total.edits - 1} edits, ${fleet.mixed} mixed, ` +
      `${fleet.allExceptions} exceptions, steps ${isWhole ? 'whole' : 'LOST'}`,
  )
} finally {
  await fleet.close()
  await scratch.remove()
}
process.exit(total.isFine ? 0 : 1)
