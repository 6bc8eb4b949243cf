import { Session } from 'node:inspector'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Place } from './places.ts'

interface Location {
  readonly lineNumber: number
  readonly columnNumber?: number
}

/** A debugger of the thread it is made in: notes where it paused, and goes on. */
export class Debugger {
  readonly paused: Place[] = []
  readonly #session = new Session()

  constructor() {
    this.#session.connect()
    const urls = new Map<string, string>()
    this.#session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url))
    this.#session.on('Debugger.paused', ({ params }) => {
      const { location } = params.callFrames[0]!
      this.paused.push({ file: fileURLToPath(urls.get(location.scriptId)!), ...counted(location) })
    })
    this.post('Debugger.enable')
  }

  /** Sets a breakpoint as editors do, by the file's URL. @returns where it was bound, in each script of that name */
  break(file: string, line: number, column?: number): { line: number; column: number }[] {
    const at = { lineNumber: line - 1, ...(column && { columnNumber: column - 1 }) }
    const { locations } = this.post('Debugger.setBreakpointByUrl', {
      url: pathToFileURL(file).href,
      ...at,
    }) as {
      locations: Location[]
    }
    return locations.map(counted)
  }

  post(method: string, params?: object): object {
    let answer: { error?: Error | null; result?: object } = {}
    this.#session.post(method, params, (error, result) => {
      answer = { error, ...(result && { result }) }
    })
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`)
    return answer.result ?? {}
  }

  close(): void {
    this.#session.disconnect()
  }
}

/** The protocol counts from 0, files from 1. */
const counted = ({ lineNumber, columnNumber }: Location) => ({
  line: lineNumber + 1,
  column: (columnNumber ?? 0) + 1,
})
