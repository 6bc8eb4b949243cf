import { WHOLE_BYTES } from '../state/mirror.ts'
import { newWayBack, WayBack, type WayBackMemory } from '../state/way-back.ts'
import type { Move } from '../swap/protocol.ts'
import type { Passenger } from './passenger.ts'
import type { Rehearsal } from './rehearsal.ts'
import type { BackSlice } from './rehearsal-thread.ts'

const PAGE = 4096
/** Between two passes: what is left for a rollback is what some few ticks have written. */
const PAUSE_MS = 3

/** Room to go the way back of a migration ahead; undefined where the kernel tells nobody which pages were written. */
export function wayBackOf(old: SharedArrayBuffer, next: SharedArrayBuffer): WayBackMemory | undefined {
  if (next.byteLength <= WHOLE_BYTES) return undefined
  return newWayBack(next.byteLength / PAGE, old.byteLength / PAGE)
}

/** While a version is in probation, moves what it makes of large state the way back, beside the engine. */
export class GoingAhead {
  readonly #rehearsal: Rehearsal
  readonly #slices: readonly BackSlice[]
  readonly #ways: readonly WayBack[]
  #isOver = false
  #pause: NodeJS.Timeout | undefined
  #goOn = () => {}
  readonly #done: Promise<void>

  constructor(rehearsal: Rehearsal, passengers: readonly Passenger[], moves: readonly Move[]) {
    this.#rehearsal = rehearsal
    this.#slices = moves.flatMap(({ unit, file, plan, memory, wayBack }, i) => {
      const old = passengers[i]!.entry?.memory
      return wayBack && old ? [{ unit, file, range: plan.range!, old, next: memory, wayBack }] : []
    })
    this.#ways = this.#slices.map(({ wayBack }) => new WayBack(wayBack))
    this.#done = this.#slices.length > 0 ? this.#go() : Promise.resolve()
  }

  async #go(): Promise<void> {
    try {
      for (
        await this.#rehearsal.goBack(this.#slices);
        !this.#isOver;
        await this.#rehearsal.goOnBack(this.#slices)
      )
        await new Promise<void>((resolve) => {
          this.#goOn = resolve
          this.#pause = setTimeout(resolve, PAUSE_MS)
        })
    } catch {
      // The thread hangs in the migration, or has ended: a rollback does all of it at once, as without this.
      for (const way of this.#ways) way.become('broken')
      await this.#rehearsal.ended()
      for (const way of this.#ways) way.pause()
    }
  }

  /** Resolves when nothing is being moved any more. */
  async stop(): Promise<void> {
    this.#isOver = true
    for (const way of this.#ways) way.stop(0)
    clearTimeout(this.#pause)
    this.#goOn()
    await this.#done
  }
}
