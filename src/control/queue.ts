import type { Strategy, SwapReport } from '../swap/report.ts'
import type { Ask, Consent } from './ask.ts'

/** Asked for by an engine; what it comes to is found when it is its turn. */
export interface Request {
  readonly find: () => Ask | Promise<Ask>
  /** names the request when it is taken back: slot and number */
  readonly key: string
  /** sorted */
  readonly units: readonly string[]
  readonly trigger: SwapReport['trigger']
  readonly strategy: Strategy | undefined
  readonly consent: Consent
  /** how often it may still be tried again when a participant is missing */
  readonly retries: number
  /** milliseconds that it may wait for its turn; default: the runtime's */
  readonly queueMs?: number | undefined
  resolve(report: SwapReport): void
  reject(error: unknown): void
}
export type Waiting = Request | { readonly ask: Ask }

/** What waits for its turn. Edits that wait one after the other become one. */
export class Queue {
  readonly #waiting: Waiting[] = []

  push(waiting: Waiting): void {
    this.#waiting.push(waiting)
  }

  /** An edit to which more has come goes before everything else, to be merged with it. */
  putBack(ask: Ask): void {
    this.#waiting.unshift({ ask: { ...ask, merged: (ask.merged ?? 0) + 1 } })
  }

  /** Whether an edit is the next. */
  get hasEdit(): boolean {
    const [first] = this.#waiting
    return first !== undefined && 'ask' in first
  }

  get length(): number {
    return this.#waiting.length
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Takes out the request of the same units that waits, when there is one. */
  takeTwin({ units, trigger }: Request): Request | undefined {
    const isTwin = (waiting: Waiting) =>
      'find' in waiting && waiting.trigger === trigger && waiting.units.join() === units.join()
    return this.#take(isTwin)
  }

  takeKey(key: string): Request | undefined {
    return this.#take((waiting) => 'find' in waiting && waiting.key === key)
  }

  #take(which: (waiting: Waiting) => boolean): Request | undefined {
    const at = this.#waiting.findIndex(which)
    return at < 0 ? undefined : (this.#waiting.splice(at, 1)[0] as Request)
  }

  next(): Waiting | undefined {
    const first = this.#waiting.shift()
    if (!first || 'find' in first) return first
    let { ask } = first
    for (let next = this.#waiting[0]; next && 'ask' in next; next = this.#waiting[0]) {
      this.#waiting.shift()
      ask = merge(ask, next.ask)
    }
    return { ask }
  }
}

/** Both edits as one; a file that was empty, removed or both is judged by its latest state. */
function merge(ask: Ask, more: Ask): Ask {
  const files = [...new Set([...ask.files, ...more.files])]
  const empty = [...ask.empty.filter((file) => !more.files.includes(file)), ...more.empty]
  const removed = [...ask.removed.filter((file) => !more.files.includes(file)), ...more.removed]
  const invalidated = [...(ask.invalidated ?? []), ...(more.invalidated ?? [])]
  return { ...ask, files, empty, removed, invalidated }
}

/** Two that ask for the same: one swap answers both. */
export const both = (first: Request, second: Request): Request => ({
  ...second,
  resolve(report) {
    first.resolve(report)
    second.resolve(report)
  },
  reject(error) {
    first.reject(error)
    second.reject(error)
  },
})
