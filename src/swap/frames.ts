import { findSourceMap } from 'node:module'
import { type FrameVersion, versionOf } from './scripts.ts'

const seen = new WeakMap<Error, readonly FrameVersion[]>()

/**
 * The versions of an error's hot frames, innermost first. Frames of a version that does not run say so in
 * `error.stack` from then on. All versions of a file have one name, for debuggers; V8 tells them apart
 * only while it makes a stack's text, which it does when `stack` is first read.
 * @returns undefined when the text had been made before
 */
export function versionsIn(error: unknown): readonly FrameVersion[] | undefined {
  if (!(error instanceof Error) || seen.has(error)) return seen.get(error as Error)
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  const known: unknown = before?.value
  Error.prepareStackTrace = (subject, sites) => {
    if (subject === error)
      seen.set(
        error,
        sites.map(versionOf).filter((version) => version !== undefined),
      )
    const text = typeof known === 'function' ? known.call(Error, subject, sites) : plain(subject, sites)
    return typeof text === 'string' && known !== make ? annotated(text, sites) : text
  }
  try {
    void error.stack
  } finally {
    if (before) Object.defineProperty(Error, 'prepareStackTrace', before)
    else Reflect.deleteProperty(Error, 'prepareStackTrace')
  }
  return seen.get(error)
}

/** Says of which version the code is that threw, unless it is the one that runs. */
export function ofVersion(error: unknown): string {
  const [innermost] = versionsIn(error) ?? []
  return !innermost || innermost.isRunning ? '' : `, in code of ${innermost.unit} ${innermost.version}`
}

const plain = (error: Error, sites: readonly NodeJS.CallSite[]): string => {
  try {
    return [Error.prototype.toString.call(error), ...sites].join('\n    at ')
  } catch {
    return ['<error>', ...sites].join('\n    at ')
  }
}

/**
 * Puts the version behind the frames that need it. The column in the text may be another one than the call
 * site's, where somebody has corrected it; a frame that was written quite differently stays as it is.
 */
function annotated(stack: string, sites: readonly NodeJS.CallSite[]): string {
  let text = stack
  let from = 0
  for (const site of sites) {
    const start = `${site}`.replace(/\d*\)?$/, '')
    const at = text.indexOf(start, from)
    if (at < 0) continue
    const frame = start + /^\d*\)?/.exec(text.slice(at + start.length))![0]
    const version = versionOf(site)
    const note = version && !version.isRunning ? noteOf(version) : ''
    from = at + frame.length
    if (note !== '' && text.startsWith(note, from)) continue
    const shown = (version ? frame : mapped(site, frame)) + note
    text = text.slice(0, at) + shown + text.slice(at + frame.length)
    from = at + shown.length
  }
  return text
}

const noteOf = ({ unit, version, running }: FrameVersion): string =>
  ` [${unit} ${version}; ${running ?? 'nothing'} runs]`

/** A call site in the engine's own sources, where `--enable-source-maps` asks for them: Node's own maker is bypassed. */
function mapped(site: NodeJS.CallSite, frame: string): string {
  const url = site.getScriptNameOrSourceURL()
  const { sourceMapsEnabled } = process as { sourceMapsEnabled?: boolean }
  const map = sourceMapsEnabled && url ? findSourceMap(url) : undefined
  if (!map) return frame
  const [line, column] = [site.getLineNumber() ?? 1, site.getColumnNumber() ?? 1]
  const entry = map.findEntry(line - 1, column - 1)
  if (!('originalSource' in entry)) return frame
  const origin = `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
  return frame.replace(`${url}:${line}:${column}`, origin)
}

type Make = NonNullable<typeof Error.prepareStackTrace>
let before: PropertyDescriptor | undefined
let make: Make | undefined

/**
 * Lets every stack say which of its frames are of a version that does not run. Until something was
 * swapped there are none, and stacks are made as if nobody were here.
 */
export function annotateStacks(): void {
  if (make) return
  before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  const known: unknown = before?.value
  make = (error, sites) => {
    const text = typeof known === 'function' ? known.call(Error, error, sites) : plain(error, sites)
    return typeof text === 'string' ? annotated(text, sites) : text
  }
  Error.prepareStackTrace = make
}

function stopAnnotatingStacks(): void {
  // Somebody else's by now, who may call ours.
  if (Error.prepareStackTrace !== make) return
  if (before) Object.defineProperty(Error, 'prepareStackTrace', before)
  else Reflect.deleteProperty(Error, 'prepareStackTrace')
  make = undefined
}

let watchers = 0
const annotate = (error: unknown) => void versionsIn(error)

/** Lets the errors that end this thread say which version they come from. @returns stops it, and `annotateStacks` */
export function annotateUncaught(): () => void {
  if (watchers++ === 0) process.on('uncaughtExceptionMonitor', annotate)
  return () => {
    if (--watchers > 0) return
    process.off('uncaughtExceptionMonitor', annotate)
    stopAnnotatingStacks()
  }
}
