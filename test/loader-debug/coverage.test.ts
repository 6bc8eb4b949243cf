import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { Project } from '../loader/project.ts'
import { Debugger } from './debugger.ts'

const MAIN = `import { helper } from './helper.ts'
export interface Shape { size: number }
export function used(n: number): number {
  if (n > 2) { return helper() }
  return n
}
export function unused(): void {}
export const arrow = (n: number): number => n + 1
`

interface Range {
  startOffset: number
  endOffset: number
  count: number
}
interface FunctionCoverage {
  functionName: string
  ranges: Range[]
}
interface ScriptCoverage {
  scriptId: string
  url: string
  functions: FunctionCoverage[]
}

let project: Project
let debug: Debugger | undefined
afterEach(() => {
  debug?.close()
  debug = undefined
  project.close()
})

async function start() {
  project = new Project({ 'main.ts': MAIN, 'helper.ts': 'export const helper = () => 1\n' })
  debug = new Debugger()
  debug.post('Profiler.enable')
  debug.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  await project.boot('helper.ts', 'main.ts')
}

/** What was run since the last time, of the scripts that have the file's name. */
function taken(): ScriptCoverage[] {
  const { result } = debug!.post('Profiler.takePreciseCoverage') as { result: ScriptCoverage[] }
  const url = pathToFileURL(project.path('main.ts')).href
  return result.filter((script) => script.url === url)
}

const counts = ({ functions }: ScriptCoverage, names: readonly string[]) =>
  Object.fromEntries(
    functions
      .filter(({ functionName }) => names.includes(functionName))
      .map(({ functionName, ranges }) => [functionName, ranges[0]!.count]),
  )

const NAMES = ['used', 'unused', 'arrow', 'added']

test('coverage counts the functions of the file by their names', async () => {
  await start()
  const main = project.exports('main.ts')
  main.used(1)
  main.used(5)
  main.arrow(1)
  const [script, ...others] = taken()
  expect(others).toEqual([])
  expect(counts(script!, NAMES)).toEqual({ used: 2, unused: 0, arrow: 1 })
})

test('coverage tells the versions of a file apart by their scripts', async () => {
  await start()
  taken()
  await project.edit({ 'main.ts': `${MAIN}export function added(): void {}\n` })
  const main = project.exports('main.ts')
  for (let i = 0; i < 7; i++) main.added()
  const scripts = taken()
  const running = scripts.find(({ functions }) =>
    functions.some(({ functionName }) => functionName === 'added'),
  )
  expect(counts(running!, NAMES)).toMatchObject({ used: 0, added: 7 })
})

test("where a range starts and ends: as far into the script as the loader's own text in front of line 1", async () => {
  await start()
  const main = project.exports('main.ts')
  main.used(1)
  const [script] = taken()
  const { columnOffset } = project.stager.artifact(project.path('main.ts'))!
  for (const { functionName, ranges } of script!.functions) {
    if (!NAMES.includes(functionName)) continue
    const [{ startOffset, endOffset }] = ranges as [Range]
    const text = MAIN.slice(startOffset - columnOffset, endOffset - columnOffset)
    expect(text.startsWith(functionName === 'arrow' ? '(n' : `function ${functionName}(`), text).toBe(true)
    expect(text).toMatch(/(\}|n \+ 1)$/)
  }
})

/** The functions that a written report names, as text of the file. */
function reported(folder: string, file: string): Map<string, { count: number; text: string }[]> {
  const text = readFileSync(file, 'utf8')
  const found = new Map<string, { count: number; text: string }[]>()
  for (const name of readdirSync(folder)) {
    const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { result: ScriptCoverage[] }
    for (const { url, functions } of result) {
      if (url !== pathToFileURL(file).href) continue
      for (const { functionName, ranges } of functions) {
        const shown = ranges.map(({ count, startOffset, endOffset }) => ({
          count,
          text: text.slice(startOffset, endOffset),
        }))
        found.set(functionName, [...(found.get(functionName) ?? []), ...shown])
      }
    }
  }
  return found
}

const CHILD = fileURLToPath(new URL('./coverage-child.mjs', import.meta.url))

test.each(['main', 'worker'])(
  'NODE_V8_COVERAGE in the %s thread: offsets are those of the file',
  async (thread) => {
    const edited = `// a line more
export let live = 0
${MAIN}export const write = (): void => { for (live of [1, 2]) ; if (live > 5) { live = 3 } }
`
    project = new Project({
      'main.ts': MAIN,
      'helper.ts': 'export const helper = () => 1\n',
      'package.json': '{"type":"module"}',
    })
    const folder = mkdtempSync(join(tmpdir(), 'tickswap-coverage-'))
    try {
      const env = { ...process.env, NODE_V8_COVERAGE: folder }
      await promisify(execFile)(process.execPath, [CHILD, thread, project.root, edited], { env })
      const found = reported(folder, project.path('main.ts'))
      expect(found.get('')).toMatchObject([{ text: edited }])
      expect(found.get('used')).toEqual([
        {
          count: 3,
          text: edited.slice(edited.indexOf('function used'), edited.indexOf('\nexport function unused')),
        },
        { count: 2, text: '{ return helper() }' },
        { count: 1, text: expect.stringContaining('return n') },
      ])
      expect(found.get('unused')).toEqual([{ count: 0, text: 'function unused(): void {}' }])
      expect(found.get('arrow')).toEqual([{ count: 0, text: '(n: number): number => n + 1' }])
      expect(found.get('write')).toContainEqual({ count: 0, text: '{ live = 3 }' })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
