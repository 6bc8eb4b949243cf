import type { Graph } from '../units/code/graph.ts'
import { WarmUp } from '../units/code/warm-up.ts'

/** By then V8 has compiled what an edit runs through. */
const TURNS = 160
/** Between two turns, so that participants that need the core have it. */
const PAUSE_MS = 5

/**
 * Uses the first second after the start, in which nothing else happens in this thread, to make
 * the first edit as fast as the hundredth.
 */
export class Practice {
  readonly #isBusy: () => boolean
  #timer: NodeJS.Timeout | undefined
  #left = TURNS

  /** @param isBusy while an edit is on its way, practice waits */
  constructor(isBusy: () => boolean) {
    this.#isBusy = isBusy
  }

  /** Practises on a module of this graph. */
  start(graph: Graph): void {
    const warmUp = WarmUp.on(graph)
    if (warmUp) this.#wait(warmUp)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#left = 0
  }

  #wait(warmUp: WarmUp): void {
    if (this.#left > 0) this.#timer = setTimeout(() => this.#turn(warmUp), PAUSE_MS)
  }

  #turn(warmUp: WarmUp): void {
    if (!this.#isBusy()) {
      this.#left--
      try {
        warmUp.turn()
      } catch {
        // The file changed under our hands, or takes no line break there: the watcher has it, or nobody misses it.
        this.#left = 0
      }
    }
    this.#wait(warmUp)
  }
}
