/**
 * Reads the arm64 objects of the assembly given as arguments, as the assembler left them: what native/arm64/asm.S
 * promises of every function. With --library FILE also what the linked addon exports.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Atomics of ARMv8.1, which only functions of the variant `lse` may have. */
const LSE = /^(?:cas|casp|swp|ldadd|ldclr|ldeor|ldset|ld[su]m(?:ax|in)|stadd|stclr|steor|stset)(?:a|l|al)?[bh]?$/
const BTI_C = /^(?:bti\tc|hint\t#0x22)/
const SIGN = /^(?:paciasp|hint\t#0x19)/
const CHECK = /^(?:autiasp|hint\t#0x1d)/

const wrong = []
const complain = (where, what) => wrong.push(`${where}: ${what}`)
const run = (program, ...args) => execFileSync(`aarch64-linux-gnu-${program}`, args, { encoding: 'utf8' })

/** The instructions of every function of an object; data after its code is no instruction. */
function functionsOf(object) {
  const functions = new Map()
  let body
  for (const line of run('objdump', '-d', '--no-show-raw-insn', object).split('\n')) {
    const name = /^[0-9a-f]+ <(\w+)>:/.exec(line)?.[1]
    if (name) functions.set(name, (body = []))
    const instruction = /^\s+[0-9a-f]+:\t(.*)/.exec(line)?.[1]
    if (instruction && !instruction.startsWith('.')) body?.push(instruction)
  }
  return functions
}

function checkFunction(name, body) {
  if (!BTI_C.test(body[0])) complain(name, `begins with ${body[0]}, not a landing pad`)
  const all = body.join('\n')
  if (/\b[xw]18\b/.test(all)) complain(name, 'uses x18, which the platform owns')
  if (!name.endsWith('_lse'))
    for (const line of body) if (LSE.test(line.split('\t')[0])) complain(name, `has ${line} outside of its variant`)
  const makesFrame = /^stp\tx29, x30/m.test(all)
  if (/^blr?\t/m.test(all) && !makesFrame) complain(name, 'calls without keeping its return address')
  if (!makesFrame) return
  if (!SIGN.test(body[1])) complain(name, 'keeps its return address unsigned')
  for (const [i, line] of body.entries())
    if (/^ret/.test(line) && !CHECK.test(body[i - 1])) complain(name, 'returns by an address that it has not checked')
}

function checkObject(object) {
  const functions = functionsOf(object)
  for (const [name, body] of functions) checkFunction(name, body)
  if (!/AArch64 feature: BTI, PAC/.test(run('readelf', '-n', object))) complain(object, 'has no note of BTI and PAC')
  const sections = run('readelf', '-SW', object)
  const stack = /\.note\.GNU-stack +PROGBITS +\S+ +\S+ +\S+ +\S+ +([A-Z]*) /.exec(sections)
  if (!stack || stack[1].includes('X')) complain(object, 'asks for an executable stack')
  for (const line of run('readelf', '-sW', object).split('\n')) {
    const symbol = /FUNC +GLOBAL +(\w+) +\d+ (\w+)/.exec(line)
    if (symbol && symbol[1] !== 'HIDDEN') complain(symbol[2], 'is visible outside of the library')
  }
  return functions.size
}

/** Extensions are asked for by the macros of asm.S alone, and given back. */
function checkSources(folder) {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.S') && name !== 'asm.S')) {
    const text = readFileSync(new URL(file, folder), 'utf8')
    if (/^\s*\.(?:arch|cpu)/m.test(text)) complain(file, 'asks for an extension by itself')
    if (text.split('with_lse').length !== text.split('without_lse').length) complain(file, 'does not give LSE back')
  }
}

const libraries = process.argv.slice(2).filter((_, i, all) => all[i - 1] === '--library')
const objects = process.argv.slice(2).filter((name) => name.endsWith('.o'))
const count = objects.reduce((sum, object) => sum + checkObject(object), 0)
checkSources(new URL('../arm64/', import.meta.url))
for (const library of libraries)
  for (const line of run('nm', '-D', '--defined-only', library).split('\n'))
    if (/ ts_/.test(line)) complain(library, `exports ${line.split(' ').at(-1)}`)

for (const line of wrong) console.error(`  ${line}`)
console.log(`${count} functions of ${objects.length} objects, ${wrong.length} findings`)
process.exitCode = wrong.length > 0 || count === 0 ? 1 : 0
