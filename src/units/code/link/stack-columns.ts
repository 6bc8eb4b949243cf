import { createHash } from 'node:crypto'
import type { Artifact } from '../artifact.ts'

type Shifts = NonNullable<Artifact['shifts']>

/** Scripts that are remembered; the oldest are forgotten first. */
const MOST_SCRIPTS = 4096

/**
 * Scripts with columns that are off somewhere, by V8's name for them, the SHA-256 of
 * their text: code of an old version may still run when the file is another one.
 */
const shifted = new Map<string, Shifts>()

/** URLs of those scripts: frames of others need no second look. */
const urls = new Set<string>()

/**
 * Corrects the columns of an artifact's frames in stacks. Nearly all files need none
 * of it, and while there are none that do, stacks are formatted as if we were not here.
 */
export function correctColumns(url: string, { code, shifts }: Pick<Artifact, 'code' | 'shifts'>): void {
  if (!shifts) return
  const script = createHash('sha256').update(code).digest('hex')
  shifted.delete(script)
  shifted.set(script, shifts)
  if (shifted.size > MOST_SCRIPTS) shifted.delete(shifted.keys().next().value!)
  urls.add(url)
  install()
}

let installed = false

function install(): void {
  if (installed) return
  installed = true
  const next = Error.prepareStackTrace
  Error.prepareStackTrace = (error, frames) => (next ?? format)(error, frames.map(corrected))
}

/** What Node makes of a stack by itself. */
function format(error: Error, frames: NodeJS.CallSite[]): string {
  const head = headOf(error)
  return frames.length === 0 ? head : `${head}\n    at ${frames.join('\n    at ')}`
}

function headOf(error: Error): string {
  try {
    return Error.prototype.toString.call(error)
  } catch {
    return '<error>'
  }
}

/** The frame, with the column that the source has. */
function corrected(frame: NodeJS.CallSite): NodeJS.CallSite {
  const shifts = urls.has(frame.getFileName() ?? '') ? shifted.get(frame.getScriptHash()) : undefined
  const line = frame.getLineNumber()
  const column = frame.getColumnNumber()
  if (!shifts || line === null || column === null) return frame
  let by = 0
  for (const [at, from, shift] of shifts) if (at === line && from <= column) by = shift
  return by === 0 ? frame : withColumn(frame, line, column, column - by)
}

function withColumn(frame: NodeJS.CallSite, line: number, from: number, to: number): NodeJS.CallSite {
  const text = String(frame).replace(`:${line}:${from}`, `:${line}:${to}`)
  return new Proxy(frame, {
    get(target, key) {
      if (key === 'getColumnNumber') return () => to
      if (key === 'toString') return () => text
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
