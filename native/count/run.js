/**
 * Counts the instructions of every kernel, in assembly and in C, exactly. Fails when one takes more than
 * 0.5 % above the committed count, or more of C's than it may. A C kernel's count is the compiler's and
 * only compared with.
 *
 *   node native/count/run.js PROGRAM PLUGIN [--write] [--json FILE]
 */
import { writeFileSync } from 'node:fs'
import { BASELINE, CPU, countAll } from './counts.js'

const [program, plugin, ...options] = process.argv.slice(2)
const results = countAll({ program, plugin })

for (const { name, element, own, c, ratio } of results)
  console.log(`${name.padEnd(22)} instructions/${element.padEnd(9)} assembly ${own}  c ${c}  ratio ${ratio.toFixed(2)}`)

const json = options[options.indexOf('--json') + 1]
if (options.includes('--json')) writeFileSync(json, `${JSON.stringify({ cpu: CPU, results }, null, 2)}\n`)
const isWritten = options.includes('--write')
if (isWritten) {
  const counts = Object.fromEntries(results.map(({ name, own }) => [name, own]))
  writeFileSync(BASELINE, `${JSON.stringify(counts, null, 2)}\n`)
}

const fail = (what) => {
  console.error(what)
  process.exitCode = 1
}
for (const { name, own, ratio, mostOfC, baseline, grown } of results) {
  if (ratio > mostOfC) fail(`${name} takes ${ratio.toFixed(2)} of the instructions that C takes, ${mostOfC} is the most`)
  if (grown && !isWritten) fail(`${name} takes ${own} instructions, the baseline has ${baseline}`)
}
