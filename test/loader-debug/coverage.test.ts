import { pathToFileURL } from 'node:url'
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
let debug: Debugger
afterEach(() => {
  debug.close()
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
  const { result } = debug.post('Profiler.takePreciseCoverage') as { result: ScriptCoverage[] }
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
