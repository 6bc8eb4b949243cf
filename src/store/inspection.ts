import type { Backend } from './backends/contract.ts'
import type { Pool } from './pool.ts'
import { damaged } from './record.ts'

const EVERY_MS = 600_000
/** A look may take this part of the time. */
const MOST_SHARE = 500

/** A backend, and how to have nobody write to it meanwhile. */
export interface Inspected {
  readonly backend: Backend
  alone<T>(act: () => Promise<T>): Promise<T>
}

/**
 * Looks at the pages that a backend's library trusts, now and then and in a thread of its own: damage is found before
 * it is read, as far as that can be, and the backend is closed to everybody before it ends the process.
 */
export class Inspection {
  readonly #pool: Pool
  readonly #places: () => readonly Inspected[]
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #running: Promise<unknown> = Promise.resolve()

  constructor(pool: Pool, places: () => readonly Inspected[]) {
    this.#pool = pool
    this.#places = places
  }

  start(onError: (error: unknown) => void): void {
    this.#schedule(EVERY_MS, onError)
  }

  /** Resolves when the look that is under way is over. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#running
  }

  /** @throws TickswapError STORE_DAMAGED, with every later use of what is damaged */
  async look(): Promise<void> {
    for (const { backend, alone } of this.#places()) {
      const { tree } = backend
      if (tree === undefined) continue
      const inspect = () => this.#pool.inspect(tree)
      // Pages that are written at the same time may look wrong: only what is wrong while nobody writes is.
      const problem = (await inspect()) && (await alone(inspect))
      if (!problem) continue
      const error = damaged(problem.replace(/^TICKSWAP_E_\w+: /, ''))
      backend.condemn?.(error)
      throw error
    }
  }

  #schedule(ms: number, onError: (error: unknown) => void): void {
    if (this.#stopped) return
    this.#timer = setTimeout(async () => {
      const from = performance.now()
      this.#running = this.look().catch(onError)
      await this.#running
      this.#schedule(Math.max(EVERY_MS, (performance.now() - from) * MOST_SHARE), onError)
    }, ms)
    this.#timer.unref()
  }
}
