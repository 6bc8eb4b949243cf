import type { Phase, Retried } from '../swap/report.ts'

/** The first wait between two attempts; each one after is twice as long. */
const FIRST_WAIT_MS = 4
const LONGEST_WAIT_MS = 250

/** What was tried again in one swap, for its report. */
export class Attempts {
  readonly #retried = new Map<Phase, Retried>()

  /** One entry for each phase in which something was. */
  get list(): readonly Retried[] {
    return [...this.#retried.values()]
  }

  /** Another attempt is made, `waitedMs` after the one before. The first reason stays. */
  add(phase: Phase, waitedMs: number, why: string, attempts = 1): void {
    const before = this.#retried.get(phase)
    this.#retried.set(phase, {
      phase,
      attempts: (before?.attempts ?? 0) + attempts,
      waitedMs: (before?.waitedMs ?? 0) + waitedMs,
      why: before?.why ?? why,
    })
  }

  /**
   * Does something, and does it again after a wait when `mayHelp` says so.
   * @param mayHelp told the error and the milliseconds from the beginning to the next attempt
   * @param pause what waits; throws where nobody has use for another attempt any more
   */
  async make<T>(
    phase: Phase,
    act: () => Promise<T>,
    mayHelp: (error: unknown, ms: number) => boolean,
    pause: (ms: number) => Promise<void> = rest,
  ): Promise<T> {
    const from = performance.now()
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      try {
        return await act()
      } catch (error) {
        if (!mayHelp(error, performance.now() - from + wait)) throw error
        this.add(phase, wait, error instanceof Error ? error.message : String(error))
        await pause(wait)
      }
    }
  }
}

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
