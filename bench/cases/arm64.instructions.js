import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { countAll } from '../../native/count/counts.js'
import { PROJECT } from '../support/scratch.js'

export const name = 'arm64.instructions'
export const unit = "of C's"
export const targets = [
  {
    text: 'batch kernels <= 1/2 of C',
    value: ({ batchRatio }) => batchRatio,
    limit: 0.5,
    gate: true,
  },
  { text: 'none above its baseline by 0.5 %', value: ({ grown }) => grown, limit: 0, gate: true },
]

const TOOLS = ['aarch64-linux-gnu-gcc', 'qemu-aarch64', 'make']
const BUILT = { program: '.build/check/arm64', plugin: '.build/count.so' }

/** Instructions per element of each kernel, assembly and C, counted under emulation. The result is the worst ratio. */
export function run() {
  const missing = TOOLS.find((tool) => spawnSync('/bin/sh', ['-c', `command -v ${tool}`]).status !== 0)
  if (missing) return { skipped: `${missing} is not installed, so nothing was counted` }
  execFileSync('make', ['-s', ...Object.values(BUILT)], { cwd: PROJECT, stdio: ['ignore', 'ignore', 'pipe'] })
  const counts = countAll({
    program: join(PROJECT, BUILT.program),
    plugin: join(PROJECT, BUILT.plugin),
  })
  const batches = counts.filter(({ mostOfC }) => mostOfC === 0.5)
  const worst = Math.max(...batches.map(({ ratio }) => ratio))
  const parts = counts.map(({ name, element, own, c, ratio }) => ({
    name,
    unit: `/${element}`,
    n: 1,
    median: own,
    peer: { name: 'the C twin', median: c },
    ratio,
  }))
  const grown = counts.filter((each) => each.grown).length
  const remarks = ['counted under emulation, no speed']
  return { n: counts.length, median: worst, batchRatio: worst, grown, parts, remarks }
}
