/**
 * Instructions per element of every batch kernel, in assembly and in C, counted exactly by an
 * emulator: the difference between running a kernel twice and once. Fails when a kernel takes
 * more than 0.5 % above the committed count. A C kernel's count is the compiler's and only
 * compared with; a count is no speed.
 *
 *   node native/count/run.js PROGRAM PLUGIN [--write] [--json FILE]
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

const KERNELS = [
  ['version.compare', 'compare'],
  ['version.compare-many', 'key'],
  ['version.merge', 'index'],
  ['version.best', 'record'],
  ['hash.stripes', 'byte'],
  ['arena.f32', 'float'],
  ['arena.f64', 'double'],
  ['arena.xor', 'byte'],
  ['arena.changed', 'byte'],
]
/** Kernels that do many elements in a call have to take at most half of what C takes. */
const ONE_BY_ONE = ['version.compare']
const MOST_OF_C = 0.5
const CPU = 'neoverse-n1'
const TOLERANCE = 1.005
const BASELINE = new URL('./baseline.json', import.meta.url)

const [program, plugin, ...options] = process.argv.slice(2)

/** Instructions of a whole run, and the elements of one round. */
function run(kernel, implementation, rounds) {
  const script = `exec qemu-aarch64 -cpu ${CPU} -plugin "$0" -E TICKSWAP_FORCE_IMPL=${implementation} \
    "$1" --repeat ${kernel} --rounds ${rounds} 2>&1`
  const out = execFileSync('/usr/bin/env', ['-i', '/bin/sh', '-c', script, plugin, program], { encoding: 'utf8' })
  return {
    elements: Number(/^(\d+)$/m.exec(out)[1]),
    instructions: Number(/instructions (\d+)/.exec(out)[1]),
  }
}

function count(kernel, implementation) {
  const [once, twice] = [run(kernel, implementation, 1), run(kernel, implementation, 2)]
  return (twice.instructions - once.instructions) / once.elements
}

const round = (value) => Number(value.toFixed(5))
const results = KERNELS.map(([name, unit]) => {
  const neon = round(count(name, 'neon'))
  const c = round(count(name, 'c'))
  return { name, unit: `instructions/${unit}`, neon, c, ratio: round(neon / c) }
})

for (const { name, unit, neon, c, ratio } of results)
  console.log(`${name.padEnd(22)} ${unit.padEnd(22)} neon ${neon}  c ${c}  ratio ${ratio.toFixed(2)}`)

const counts = Object.fromEntries(results.map(({ name, neon }) => [name, neon]))
if (options.includes('--write')) writeFileSync(BASELINE, `${JSON.stringify(counts, null, 2)}\n`)
const json = options[options.indexOf('--json') + 1]
if (options.includes('--json')) writeFileSync(json, `${JSON.stringify({ cpu: CPU, results }, null, 2)}\n`)

const baseline = JSON.parse(readFileSync(BASELINE, 'utf8'))
for (const { name, neon, ratio } of results) {
  if (ratio > MOST_OF_C && !ONE_BY_ONE.includes(name)) {
    console.error(`${name} takes ${ratio.toFixed(2)} of the instructions that C takes`)
    process.exitCode = 1
  }
  const most = (baseline[name] ?? 0) * TOLERANCE
  if (neon <= most) continue
  console.error(`${name} takes ${neon} instructions, the baseline has ${baseline[name]}`)
  process.exitCode = 1
}
