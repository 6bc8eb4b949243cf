import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { createRuntime, type SwapReport } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import { Scratch } from '../support/scratch.ts'
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms))
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9))
const N = 4
test(`participants that rest at any time ${SEED}`, { timeout: 120000 }, async () => {
  const columns = `mine: u32(1, { scope: 'participant' }),`
  const step = 'unit.state.columns.mine[0]!++'
  const text = (n: number, more = '', body = '', unit = '') => counter({ by: 1, columns, step: `${step}\n${more}`, body: `// ${n}\n${body}`, unit })
  const scratch = await Scratch.create({ 'counter.ts': text(0) })
  const runtime = await createRuntime({ units: scratch.dir, probation: { ticks: 8 } })
  const reports: SwapReport[] = []
  const warnings: any[] = []
  for (const e of ['swap', 'reject', 'rollback', 'permanent'] as const) runtime.on(e, (r) => reports.push(r))
  runtime.on('warning', (w) => warnings.push(w))
  const words = new Int32Array(new SharedArrayBuffer(4096))
  const workers = Array.from({ length: N }, (_, i) => {
    const w = new Worker(new URL('../support/resting-worker.js', import.meta.url), { workerData: { ticket: runtime.ticket(), words, index: i + 1, seed: SEED + i } })
    w.on('error', (e) => console.log('worker', i, e))
    return w
  })
  await sleep(300)
  let s = SEED
  const random = () => (s = (Math.imul(s, 1664525) + 1013904223) >>> 0) / 2 ** 32
  for (let n = 1; n <= 30; n++) {
    const since = reports.length
    const kind = random()
    const worker = Math.floor(random() * N)
    const t = kind < 0.5 ? text(n) : kind < 0.75 ? text(n, `if (worker === ${worker} && ++age === ${1 + Math.floor(random() * 5)}) throw new Error('x')`, 'let age = 0') : kind < 0.9 ? text(n, `if (worker === ${worker}) total[60] = NaN`) : text(n, '', 'let k = 0', `verify: () => k++ < 3,`)
    await scratch.write('counter.ts', t)
    const end = Date.now() + 8000
    const done = () => reports.slice(since).some((r) => r.units.length && ['permanent', 'rolled-back'].includes(r.outcome))
    while (!done() && Date.now() < end) await sleep(3)
    if (!done()) { console.log('STUCK at', n, t, JSON.stringify(reports.slice(since), null, 1).slice(0, 3000), [...new Int32Array(runtime.ticket().board).slice(0, 32)]); break }
  }
  Atomics.store(words, 0, 1)
  const end = Date.now() + 10000
  while (Atomics.load(words, 2) < N && Date.now() < end) { runtime.units(); await sleep(5) }
  await sleep(50)
  const { steps, mine } = runtime.use('counter').state.columns as any
  console.log(reports.reduce((m: any, r) => ({ ...m, [r.outcome]: (m[r.outcome] ?? 0) + 1 }), {}), reports.flatMap((r) => r.findings.map((f) => f.code)).reduce((m: any, r) => ({ ...m, [r]: (m[r] ?? 0) + 1 }), {}), warnings.slice(0, 5))
  const rows = Array.from({ length: N }, (_, i) => [words[3 * (i + 1)], steps[i + 1 - 1 + 1], words[3 * (i + 1) + 1], words[3 * (i + 1) + 2]])
  console.log('done', Atomics.load(words, 2), rows)
  for (const w of workers) await w.terminate()
  await runtime.close()
  await scratch.remove()
  for (const [a, b, c, d] of rows) expect([b, c, d]).toEqual([a, a, a])
})
