import swc from '@swc/wasm-typescript'
import { runHelper } from '../support/process.js'
import { folder } from '../support/scratch.js'
import { moduleSource } from '../support/source.js'
import { slope, summary } from '../support/stats.js'

export const name = 'memory.reloads'
export const unit = 'KB'
export const targets = [
  { text: '<= 1/100 of a native re-import', value: ({ ratio }) => ratio, limit: 1 / 100, gate: true },
  { text: '0.0 KB a reload', value: ({ median }) => Math.max(0, Math.round(median * 10) / 10), limit: 0 },
]
/** Most of the full run is this: 20,000 reloads. */
export const limitMs = 300_000

const HEAP_MB = 64
/** What the peer leaves behind fills the heap soon: its growth shows in few reloads. */
const PEER_RELOADS = 400

/** Growth of the heap per reload of a 10 KB module, in a process with a heap of 64 MB. */
export async function run({ dir, quick }) {
  const source = moduleSource({ edit: 0 })
  const { code } = swc.transformSync(source, { mode: 'strip-only' })
  const project = folder(dir, 'memory', { 'traffic.ts': source, 'traffic.js': code })
  const ours = await grow('tickswap', project, quick ? 2000 : 20_000)
  const peer = await grow('import', project, PEER_RELOADS)
  const { n, median, p99, heapMb } = ours
  return {
    n,
    median,
    p99,
    heapMb,
    peer: { name: "import('?v=N')", ...peer },
    ratio: Math.max(0, median) / peer.median,
  }
}

async function grow(how, project, reloads) {
  const execArgv = ['--expose-gc', '--no-warnings', `--max-old-space-size=${HEAP_MB}`]
  const { points } = await runHelper('./reload-loop.js', [how, project, reloads], { execArgv, limitMs })
  // The first half fills caches and the vectors of feedback of what is called.
  const settled = points.slice(points.length / 2)
  const steps = settled.slice(1).map(({ x, y }, i) => (y - settled[i].y) / (x - settled[i].x) / 1024)
  return {
    n: reloads,
    median: slope(settled) / 1024,
    p99: summary(steps).p99,
    heapMb: points.at(-1).y / 2 ** 20,
  }
}
