/**
 * Runs the benchmarks, each in a process of its own, and prints what they measured against
 * what they should reach.
 *
 *     node bench/run.js [--json FILE] [--only NAME,...] [--quick] [--gate]
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { better, isGated, judge, passesGate } from './support/judge.js'
import { implementation, machine } from './support/machine.js'
import { runCase, stopAll } from './support/process.js'
import { heading, line, remarks } from './support/table.js'

const { values: options } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    gate: { type: 'boolean', default: false },
  },
})
const scratch = mkdtempSync(join(tmpdir(), 'tickswap-bench-'))
const cleanUp = () => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 })
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    stopAll()
    cleanUp()
    process.exit(1)
  })

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error.message)
  process.exitCode = 2
} finally {
  stopAll()
  cleanUp()
}

/** @returns the exit code: 1 when a benchmark could not run, or with --gate when a gate is missed */
async function main() {
  const about = { machine: machine(), implementation: implementation() }
  console.log(`${Object.values(about.machine).join(', ')}; kernels: ${about.implementation}\n\n${heading()}`)
  const judged = []
  for (const bench of await chosen()) {
    const result = await measured(bench)
    judged.push(result)
    console.log(line(result))
  }
  for (const remark of remarks(judged)) console.log(remark)
  const results = judged
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ ...about, results }, null, 2)}\n`)
  return exitCode(judged)
}

/** The benchmarks asked for: with --gate those that have a gate, with --only those named. */
async function chosen() {
  const files = readdirSync(new URL('./cases/', import.meta.url)).filter((file) => file.endsWith('.js'))
  const all = await Promise.all(files.sort().map((file) => import(`./cases/${file}`)))
  const names = options.only?.split(',')
  const unknown = names?.find((name) => !all.some((bench) => bench.name === name))
  if (unknown)
    throw new Error(`no benchmark ${unknown}; there are: ${all.map(({ name }) => name).join(', ')}`)
  return all.filter((bench) => (names ? names.includes(bench.name) : !options.gate || isGated(bench)))
}

/** One retry of a missed gate: the machine may have been busy with something else. */
async function measured(bench) {
  const first = await attempt(bench, 'first')
  if (!options.gate || passesGate(first)) return first
  return better(await attempt(bench, 'again'), first)
}

async function attempt(bench, which) {
  const outcome = await runCase(bench, { dir: join(scratch, `${bench.name}-${which}`), quick: options.quick })
  return judge(bench, outcome)
}

function exitCode(results) {
  const failed = results.filter(({ error }) => error)
  const missed = options.gate ? results.filter((result) => !passesGate(result)) : []
  if (options.gate) console.log(`\ngates: ${results.length - missed.length} passed, ${missed.length} missed`)
  return failed.length + missed.length > 0 ? 1 : 0
}
