import type { Board } from '../swap/board.ts'
import type { SwapProgress } from '../swap/report.ts'
import type { Crew } from './crew.ts'

/** Since when participants are waited for. */
export class Waits {
  readonly #board: Board
  readonly #crew: Crew
  readonly #since = new Map<number, number>()

  constructor(board: Board, crew: Crew) {
    this.#board = board
    this.#crew = crew
  }

  /** Takes note of who is waited for now; whoever is not waited for any more is forgotten. */
  since(slots: readonly number[]): SwapProgress['waiting'] {
    for (const slot of this.#since.keys()) if (!slots.includes(slot)) this.#since.delete(slot)
    return slots.map((slot) => {
      const since = this.#since.get(slot) ?? this.#board.instant()
      this.#since.set(slot, since)
      return { participant: this.#crew.name(slot), tick: this.#board.tick(slot) >>> 0, since }
    })
  }
}
