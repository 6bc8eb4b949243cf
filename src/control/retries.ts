import type { Ask } from './ask.ts'

/** An edit that a missing participant stopped is tried again after this, then after twice as long, and so on. */
const RETRY_MS = 250
const LONGEST_RETRY_MS = 8000

/** What is to be done later, as long as the runtime is open. */
export class Retries {
  readonly #timers = new Set<NodeJS.Timeout>()

  /** Tries an edit again that only a participant's absence stopped. */
  again(ask: Ask, enqueue: (ask: Ask) => void): void {
    const attempt = (ask.attempt ?? 0) + 1
    const wait = Math.min(RETRY_MS * 2 ** (attempt - 1), LONGEST_RETRY_MS)
    this.after(wait, () => enqueue({ ...ask, attempt }))
  }

  after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, ms)
    this.#timers.add(timer)
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }
}
