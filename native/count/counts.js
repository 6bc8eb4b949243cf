/** Instructions per element of the kernels, counted by an emulator. A count is no speed. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const CPU = 'neoverse-n1'
const BASELINE = new URL('./baseline.json', import.meta.url)
/** A kernel above its committed count by more than this has become slower. */
const TOLERANCE = 1.005
/** What a kernel for many elements in a call may take of what C takes. */
const HALF = 0.5
/** Of one element at a call: no more than C. */
const ALL = 1
/** Without a branch, where C leaves at the first part that differs: more instructions, none of them mispredicted. */
const BRANCHLESS = 1.3

/** Name, element, the most that the assembly may take of what C takes, and its implementations: neon unless said. */
const KERNELS = [
  ['version.compare', 'compare', BRANCHLESS],
  ['version.compare-many', 'key', HALF],
  ['version.merge', 'index', HALF],
  ['version.sort', 'record', HALF],
  ['version.best', 'record', HALF],
  ['version.seal', 'record', ALL],
  ['hash.stripes', 'byte', HALF],
  ['hash.pages', 'byte', HALF],
  ['hash.rehash-pages', 'byte', HALF],
  ['arena.f32', 'float', HALF],
  ['arena.f64', 'double', HALF],
  ['arena.xor', 'byte', HALF],
  ['arena.changed', 'byte', HALF],
  ['arena.copy', 'byte', HALF],
  ['arena.copy-pages', 'byte', HALF],
  ['word.take', 'step', ALL, 'llsc', 'lse'],
  ['word.claim', 'step', ALL, 'llsc', 'lse'],
  ['word.swap', 'step', ALL, 'llsc', 'lse'],
  ['word.add', 'step', ALL, 'llsc', 'lse'],
  ['pair.step', 'step', ALL, 'llsc', 'lse'],
]

const round = (value) => Number(value.toFixed(5))

/** Instructions of a whole run, and the elements of one round. */
function run({ program, plugin }, kernel, implementation, rounds) {
  const script = `exec qemu-aarch64 -cpu ${CPU} -plugin "$0" -E TICKSWAP_FORCE_IMPL=${implementation} \
    "$1" --seed 1 --repeat ${kernel} --rounds ${rounds} 2>&1`
  const out = execFileSync('/usr/bin/env', ['-i', '/bin/sh', '-c', script, plugin, program], { encoding: 'utf8' })
  return {
    elements: Number(/^(\d+)$/m.exec(out)[1]),
    instructions: Number(/instructions (\d+)/.exec(out)[1]),
  }
}

/** The difference between running a kernel twice and once, per element. */
function count(built, kernel, implementation) {
  const [once, twice] = [run(built, kernel, implementation, 1), run(built, kernel, implementation, 2)]
  return round((twice.instructions - once.instructions) / once.elements)
}

/**
 * Every implementation of every kernel with its counts, and what is wrong with them. `built`: paths of the check
 * program and the plugin.
 */
export function countAll(built) {
  const baseline = JSON.parse(readFileSync(BASELINE, 'utf8'))
  return KERNELS.flatMap(([kernel, element, mostOfC, ...implementations]) => {
    const c = count(built, kernel, 'c')
    return (implementations.length > 0 ? implementations : ['neon']).map((implementation) => {
      const name = implementation === 'neon' ? kernel : `${kernel} ${implementation}`
      const own = count(built, kernel, implementation)
      const before = baseline[name] ?? 0
      return { name, element, own, c, ratio: round(own / c), mostOfC, baseline: before, grown: own > before * TOLERANCE }
    })
  })
}

export { BASELINE, CPU }
