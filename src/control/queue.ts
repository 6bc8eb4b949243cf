import type { SwapReport } from '../swap/report.ts'
import type { Ask } from './road.ts'

/** Asked for by an engine; what it comes to is found when it is its turn. */
export interface Request {
  readonly find: () => Ask
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
  return { ...ask, files, empty, removed }
}
