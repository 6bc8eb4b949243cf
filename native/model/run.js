/**
 * Checks native/src/protocol.h and parking.h under the C++ memory model: the texts themselves have
 * to hold, and every ordering in them has to matter. For each there is a mutant with this
 * one weakened to relaxed, or the fence taken away; the search has to find it failing.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const WORK = path('../../.build/model')
const WEAKER = [
  [/\bts_load_acquire\b/, 'ts_load_relaxed'],
  [/\bts_store_release\b/, 'ts_store_relaxed'],
  [/\bts_take_acquire\b/, 'ts_take_relaxed'],
  [/\bts_swap_release\b/, 'ts_swap_relaxed'],
  [/\bts_pair_low_acquire\b/, 'ts_pair_low_relaxed'],
  [/\bts_pair_step_release\b/, 'ts_pair_step_relaxed'],
  [/\bts_fence_(acquire|release|full)\b/, 'ts_fence_none'],
]

/** Every text with one ordered operation weakened, and the function it is in. */
function mutantsOf(text) {
  const lines = text.split('\n')
  let around = ''
  return lines.flatMap((line, at) => {
    around = /^static inline \w+ (\w+)\(/.exec(line)?.[1] ?? around
    const rule = WEAKER.find(([pattern]) => pattern.test(line))
    if (!rule) return []
    const changed = lines.with(at, line.replace(...rule)).join('\n')
    return [{ name: `${around}: ${rule[1]}`, text: changed }]
  })
}

function build(texts, program) {
  const flags = ['-std=c++17', '-O0', '-w', ...Object.entries(texts).map(([name, header]) => `-D${name}="${header}"`)]
  execFileSync('g++', [...flags, path('main.cc'), '-o', program], { stdio: 'inherit' })
}

function search(program) {
  const { status, stdout } = spawnSync(program, { encoding: 'utf8' })
  if (status !== 0 && status !== 1) throw new Error(`${program} ended with ${status}`)
  return { holds: status === 0, report: stdout }
}

mkdirSync(WORK, { recursive: true })
const RIGHT = { PROTOCOL: path('../src/protocol.h'), PARKING: path('./parking.h') }
build(RIGHT, `${WORK}/right`)
const { holds, report } = search(`${WORK}/right`)
process.stdout.write(report)
let missed = holds ? 0 : 1
for (const [changed, header] of Object.entries(RIGHT)) {
  const mutants = mutantsOf(readFileSync(header, 'utf8'))
  if (mutants.length === 0) throw new Error(`${header} has no ordered operation`)
  for (const { name, text } of mutants) {
    writeFileSync(`${WORK}/mutant.h`, text)
    build({ ...RIGHT, [changed]: `${WORK}/mutant.h` }, `${WORK}/mutant`)
    const found = search(`${WORK}/mutant`)
    const where = /FAILS {2}(.*)/.exec(found.report)?.[1]
    console.log(found.holds ? `  MISSED  ${name}` : `  caught  ${name} (${where})`)
    if (found.holds) missed++
  }
}
process.exitCode = missed > 0 ? 1 : 0
