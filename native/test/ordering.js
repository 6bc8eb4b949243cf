/**
 * Reads the disassembly of the arm64 objects given as arguments: every step on a shared
 * word has exactly the forms that its ordering asks for. The model checker sees the C
 * text only, so this is what ties the assembly, and the compiler's, to it.
 */
import { execFileSync } from 'node:child_process'

/** Every access to memory of an assembly function, in its order. */
const EXACTLY = {
  ts_word_take_lse: ['casa'],
  ts_word_take_llsc: ['ldaxr', 'stxr'],
  ts_word_claim_lse: ['cas'],
  ts_word_claim_llsc: ['ldxr', 'stxr'],
  ts_word_swap_lse: ['swpl'],
  ts_word_swap_llsc: ['ldxr', 'stlxr'],
  ts_word_add_lse: ['ldadd'],
  ts_word_add_llsc: ['ldxr', 'stxr'],
  ts_pair_step_lse: ['caspl'],
  ts_pair_step_llsc: ['ldxp', 'stlxp'],
}

/** What the compiler has to have kept, each at least so many times. */
const AT_LEAST = {
  ts_word_take_c: { 'acq|casa': 1 },
  ts_word_swap_c: { 'rel|swpl': 1 },
  ts_pair_step_c: { 'rel|casl': 1 },
  ts_registry_create: { stlr: 1 },
  ts_registry_attach: { ldar: 1 },
  add_segment: { stlr: 1 },
  ts_registry_grow: { stlr: 1 },
  ts_registry_growths: { ldar: 1 },
  ts_registry_grown_bytes: { ldar: 1 },
  ts_registry_lookup: { ldar: 1 },
  ts_find: { ldar: 1 },
  ts_probe: { ldar: 1 },
  enter: { ldar: 1, stlr: 1 },
  'leave.isra.0': { stlr: 1 },
  add_unit: { ldar: 3 },
  write_unit: { stlr: 2 },
  add_version: { ldar: 5, stlr: 2, 'dmb\tish$': 1 },
  write_record: { 'dmb\tish$': 1, stlr: 1 },
  retire: { ldar: 1 },
  unstage: { ldar: 1 },
  change_state: { ldar: 2, stlr: 1, 'dmb\tish$': 1 },
  check_move: { ldar: 4 },
  hold_generation: { ldar: 1 },
  fill_next: { ldar: 3, stlr: 2 },
  ts_registry_generation: { ldar: 1 },
  ts_registry_active: { ldar: 2 },
  ts_registry_tick: { ldar: 1, stlr: 1 },
  ts_registry_read: { ldar: 5, 'dmb\tishld': 1 },
  ts_registry_best: { ldar: 6, 'dmb\tishld': 1 },
  oldest_view: { ldar: 1 },
  ts_retired_reclaim: { ldar: 1, 'dmb\tish$': 1 },
  join_slot: { 'dmb\tish$': 1 },
}

const MEMORY = /\[|^(dmb|dsb)/

function functionsOf(object) {
  const text = execFileSync('aarch64-linux-gnu-objdump', ['-d', '--no-show-raw-insn', object], { encoding: 'utf8' })
  const functions = new Map()
  let body
  for (const line of text.split('\n')) {
    const name = /^[0-9a-f]+ <([\w.]+)>:/.exec(line)?.[1]
    if (name) functions.set(name, (body = []))
    const instruction = /^\s+[0-9a-f]+:\t(.*)/.exec(line)?.[1]
    if (instruction) body?.push(instruction)
  }
  return functions
}

const functions = new Map(process.argv.slice(2).flatMap((object) => [...functionsOf(object)]))
const wrong = []
const bodyOf = (name) => {
  const body = functions.get(name)
  if (!body) wrong.push(`${name} is in no object`)
  return body ?? []
}

for (const [name, expected] of Object.entries(EXACTLY)) {
  const found = bodyOf(name).filter((line) => MEMORY.test(line)).map((line) => line.split('\t')[0])
  if (found.join() !== expected.join()) wrong.push(`${name} has ${found.join(', ')}, not ${expected.join(', ')}`)
}
for (const [name, forms] of Object.entries(AT_LEAST))
  for (const [form, least] of Object.entries(forms)) {
    const found = bodyOf(name).filter((line) => new RegExp(form).test(line)).length
    if (found < least) wrong.push(`${name} has ${found} of ${form}, not ${least}`)
  }
for (const name of functions.keys())
  if (/^ts_(word|pair)_.*_(lse|llsc)$/.test(name) && !EXACTLY[name]) wrong.push(`${name} is not listed`)

for (const line of wrong) console.error(`  ${line}`)
console.log(`${Object.keys(EXACTLY).length + Object.keys(AT_LEAST).length} functions, ${wrong.length} wrong`)
process.exitCode = wrong.length > 0 ? 1 : 0
