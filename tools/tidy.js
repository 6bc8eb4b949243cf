/**
 * The style guide as a program: prints what breaks it, one line each, and exits with 1.
 * biome and clang-format look at layout; this looks at what they cannot see.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { parseSync } from 'oxc-parser'

const MOST_LINES_OF_FILE = 480
const MOST_LINES_OF_FUNCTION = 60
/** Imports point one way: a room may import from those before it, and from itself. */
const ROOMS = [
  ['errors'],
  ['version', 'native', 'registry'],
  ['units', 'state', 'module'],
  ['swap'],
  ['store', 'observe'],
  ['control'],
  ['admin', 'runtime', 'create', 'index'],
  ['cli'],
]

/** Their install scripts only compile what no binary package was found for. */
const CARRY_BINARIES = ['classic-level', 'lmdb']

const findings = []
const complain = (file, line, what) => findings.push(`${file}:${line}: ${what}`)

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file && existsSync(file))
const sources = tracked.filter((file) => /^(?:src|bench|examples|tools)\/.*\.[cm]?[jt]s$/.test(file) && !file.endsWith('.d.ts'))
const native = tracked.filter((file) => /^native\/.*\.(?:c|cc|h|S)$/.test(file))

for (const file of tracked) if (statSync(file).size > 1_000_000) complain(file, 1, 'is larger than 1 MB')
for (const file of [...sources, ...native]) checkText(file)
for (const file of sources) checkFunctions(file)
for (const file of sources.filter((name) => name.startsWith('src/'))) checkRooms(file)
checkDeadFiles()
checkErrorCodes()
checkLock()

for (const finding of findings) console.log(finding)
console.log(`${sources.length + native.length} files looked at, ${findings.length} findings`)
process.exitCode = findings.length > 0 ? 1 : 0

function checkText(file) {
  const lines = readFileSync(file, 'utf8').split('\n')
  if (lines.length > MOST_LINES_OF_FILE + 1) complain(file, 1, `has ${lines.length - 1} lines; ${MOST_LINES_OF_FILE} is the most`)
  const [marks, paths] = [/\b(?:TO DO|FIX ME|XXX)\b/.source.replaceAll(' ', ''), '/(?:work|tmp|root|home)/[a-z]']
  for (const [i, line] of lines.entries()) {
    if (new RegExp(marks).test(line) && !file.startsWith('tools/')) complain(file, i + 1, 'leaves work for later')
    if (new RegExp(paths).test(line) && !file.startsWith('tools/')) complain(file, i + 1, 'names a path of one machine')
  }
}

function checkFunctions(file) {
  const text = readFileSync(file, 'utf8')
  const { program, errors } = parseSync(file, text)
  for (const error of errors) complain(file, 1, error.message)
  const lineOf = (offset) => text.slice(0, offset).split('\n').length
  walk(program, (node) => {
    if (!/^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return
    const length = lineOf(node.end) - lineOf(node.start) + 1
    if (length > MOST_LINES_OF_FUNCTION) complain(file, lineOf(node.start), `a function of ${length} lines; ${MOST_LINES_OF_FUNCTION} is the most`)
  })
}

function walk(node, visit) {
  if (!node || typeof node !== 'object') return
  if (typeof node.type === 'string') visit(node)
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) for (const item of value) walk(item, visit)
    else if (value && typeof value === 'object') walk(value, visit)
  }
}

/** Files that a file imports; with `workers`, also those whose address it takes to start a thread. */
function importsOf(file, workers = true) {
  const text = readFileSync(file, 'utf8')
  const { module, program } = parseSync(file, text)
  const named = [...module.staticImports, ...module.staticExports.flatMap(({ entries }) => entries)]
  const found = named.map((it) => it.moduleRequest?.value).filter(Boolean)
  walk(program, (node) => {
    if (node.type === 'ImportExpression' && node.source.value) found.push(node.source.value)
    if (workers && node.type === 'NewExpression' && node.callee.name === 'URL') found.push(String(node.arguments[0]?.value ?? ''))
  })
  return found
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => normalize(join(dirname(file), specifier)).replace(/\.js$/, '.ts'))
}

function checkRooms(file) {
  const roomOf = (path) => path.split('/')[1]?.replace(/\.ts$/, '')
  const rank = (path) => ROOMS.findIndex((rooms) => rooms.includes(roomOf(path)))
  if (rank(file) < 0) complain(file, 1, `is in no room; tools/tidy.js lists them`)
  for (const imported of importsOf(file, false))
    if (imported.startsWith('src/') && rank(imported) > rank(file))
      complain(file, 1, `imports ${imported}, which comes after it`)
}

function checkDeadFiles() {
  const entries = ['src/index.ts', 'src/module.ts', 'src/cli/main.ts', 'src/cli/register.ts', 'src/admin/page/main.ts']
  const alive = new Set()
  const visit = (file) => {
    if (alive.has(file) || !existsSync(file) || !statSync(file).isFile()) return
    alive.add(file)
    for (const imported of importsOf(file)) visit(imported)
  }
  for (const entry of entries) visit(entry)
  for (const file of sources) if (file.startsWith('src/') && !alive.has(file)) complain(file, 1, 'is imported by nothing')
}

/** Every code is used, and the list in the documentation is complete. */
function checkErrorCodes() {
  const table = readFileSync('src/errors.ts', 'utf8')
  const text = [...sources.filter((file) => file !== 'src/errors.ts'), ...native].map((file) => readFileSync(file, 'utf8')).join('\n')
  const docs = existsSync('docs/errors.md') ? readFileSync('docs/errors.md', 'utf8') : ''
  for (const [, code] of table.matchAll(/^ {2}(TICKSWAP_E_[A-Z_]+):/gm)) {
    if (!text.includes(code)) complain('src/errors.ts', 1, `${code} is used nowhere`)
    if (!docs.includes(code)) complain('docs/errors.md', 1, `${code} is not explained`)
  }
}

function checkLock() {
  const lock = readFileSync('package-lock.json', 'utf8')
  if (/"resolved"/.test(lock)) complain('package-lock.json', 1, 'records where packages came from')
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  for (const [path, entry] of Object.entries(JSON.parse(lock).packages))
    if (entry.hasInstallScript && needsScript(path.replace('node_modules/', ''), dependencies)) complain('package-lock.json', 1, `${path} needs an install script`)
}

function needsScript(name, dependencies) {
  return name in dependencies && !CARRY_BINARIES.includes(name)
}
