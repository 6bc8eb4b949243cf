/**
 * Coverage of hot modules. V8 counts characters from the start of a script, and ours begin
 * with what the loader puts in front of line 1. Where Node was told to write coverage
 * (NODE_V8_COVERAGE), the report is made a moment earlier than Node would make it, and
 * offsets become those of the file, which is what all tools go by.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { join } from 'node:path'
import { stopCoverage, takeCoverage } from 'node:v8'
import type { Artifact } from '../artifact.ts'
import { ScriptMap } from './script-map.ts'

interface Range {
  startOffset: number
  endOffset: number
  count: number
}
interface FunctionCoverage {
  functionName: string
  ranges: Range[]
  isBlockCoverage: boolean
}
interface ScriptCoverage {
  scriptId: string
  url: string
  functions: FunctionCoverage[]
}

const folder = process.env.NODE_V8_COVERAGE

/** Artifacts that were compiled, by their URL. Only kept where coverage is asked for. */
const compiled = new Map<string, Artifact[]>()

/** Remembers what a script is made of, if coverage is to be written. */
export function coverScript(url: string, artifact: Artifact): void {
  if (!folder) return
  if (compiled.size === 0) process.once('exit', report)
  const versions = compiled.get(url) ?? []
  compiled.set(url, versions)
  versions.push(artifact)
}

function report(): void {
  const before = new Set(dumps())
  takeCoverage()
  // Not before: V8 forgets the counts of blocks when a debugger leaves.
  const maps = scriptMaps()
  for (const name of dumps()) if (!before.has(name)) rewrite(join(folder!, name), maps)
  // Node would write once more, without what follows here.
  stopCoverage()
}

/** The reports of this process by now. */
const dumps = (): string[] =>
  (existsSync(folder!) ? readdirSync(folder!) : []).filter((name) =>
    name.startsWith(`coverage-${process.pid}-`),
  )

/** Scripts of hot modules, by V8's id. */
function scriptMaps(): Map<string, ScriptMap> {
  const maps = new Map<string, ScriptMap>()
  const session = new Session()
  session.connect()
  session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => {
    const versions = compiled.get(url)
    if (!versions) return
    session.post('Debugger.getScriptSource', { scriptId }, (_, source) => {
      const artifact = versions.find(({ code }) => code === source?.scriptSource)
      if (artifact) maps.set(scriptId, new ScriptMap(artifact))
    })
  })
  session.post('Debugger.enable')
  session.disconnect()
  return maps
}

function rewrite(path: string, maps: ReadonlyMap<string, ScriptMap>): void {
  const dump: { result: ScriptCoverage[] } = JSON.parse(readFileSync(path, 'utf8'))
  const last = new Map<string, ScriptCoverage>()
  for (const script of dump.result)
    if (maps.has(script.scriptId) && hasRun(script)) last.set(script.url, script)
  dump.result = dump.result.flatMap((script) => {
    const map = maps.get(script.scriptId)
    if (!map) return [script]
    // Versions that were replaced are of a file that is no more.
    if (last.get(script.url) !== script) return []
    return [{ ...script, functions: functionsOf(script, map) }]
  })
  writeFileSync(path, JSON.stringify(dump))
}

const hasRun = ({ functions }: ScriptCoverage): boolean =>
  functions.some(({ functionName, ranges }) => functionName === '' && ranges[0]!.count > 0)

function functionsOf({ functions }: ScriptCoverage, map: ScriptMap): FunctionCoverage[] {
  const isWhole = ({ ranges: [range] }: FunctionCoverage) =>
    map.isAround(range!.startOffset, range!.endOffset)
  // The innermost function around the file's text is the module.
  const module = functions.filter(isWhole).at(-1)
  const own = functions.filter(({ ranges: [range] }) => map.isInside(range!.startOffset, range!.endOffset))
  return [...(module ? [module] : []), ...own].map((each) => ({
    ...each,
    ranges: each.ranges.map(({ startOffset, endOffset, count }) => ({
      startOffset: map.toFile(startOffset),
      endOffset: map.toFile(endOffset),
      count,
    })),
  }))
}
