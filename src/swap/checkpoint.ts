import { copyMemory } from '../state/copy.ts'
import { allocate } from '../state/memory.ts'
import { type Board, ParticipantState, Status } from './board.ts'
import type { OwnState } from './protocol.ts'
import { ownOf } from './sampler.ts'
import type { World } from './world.ts'

/** A unit's state as one participant saw it between two ticks. */
export interface CheckpointUnit {
  readonly unit: string
  readonly version: string
  /** a copy of its shared columns, which nobody writes to until the control thread has answered */
  readonly memory: SharedArrayBuffer
  /** what the participant has for itself */
  readonly private: OwnState
}

/** While a swap stands so, the state may be moving. */
const UNDER_WAY: ReadonlySet<number> = new Set([Status.PARKING, Status.COMMITTED])

/** One participant's copies of all states, in memory that is used again. */
export class Checkpoint {
  readonly #world: World
  readonly #board: Board
  readonly #slot: number
  readonly #send: (units?: readonly CheckpointUnit[]) => Promise<unknown>
  readonly #memories = new Map<string, SharedArrayBuffer>()
  #timer: NodeJS.Timeout | undefined
  #isSaving = false

  /**
   * `send` resolves when the control thread has no use for the copies any more; without any it has all participants
   * meet, and takes them itself.
   */
  constructor(
    { world, board, slot }: { world: World; board: Board; slot: number },
    send: (units?: readonly CheckpointUnit[]) => Promise<unknown>,
  ) {
    this.#world = world
    this.#board = board
    this.#slot = slot
    this.#send = send
  }

  /** The memory of the one before is in use until its answer: until then there is nothing to do. */
  async save(): Promise<void> {
    if (!this.#isSaving) await this.#saving(() => this.#send(this.#take()))
  }

  async #saving(act: () => Promise<unknown>): Promise<unknown> {
    this.#isSaving = true
    try {
      return await act()
    } finally {
      this.#isSaving = false
    }
  }

  every(ms: number): void {
    if (ms > 0) this.#timer = setInterval(() => void this.#saveAll(false), ms).unref()
  }

  /** Saves for the last time, where the timer did. `rest` keeps the others from waiting for this participant. */
  async end(rest: () => void): Promise<void> {
    clearInterval(this.#timer)
    if (!this.#timer) return
    if (this.#others(ParticipantState.ONLINE)) rest()
    await this.#saveAll(true)
  }

  #others(state: number): boolean {
    return this.#board.inState(state).some((slot) => slot !== this.#slot)
  }

  /** Between its ticks nobody writes when this participant is the only one; several have to meet. */
  async #saveAll(isEnding: boolean): Promise<void> {
    if (this.#isSaving || UNDER_WAY.has(this.#board.present)) return
    const { ONLINE, PAUSED } = ParticipantState
    // Those that rest have state of their own, too.
    const meets = this.#others(ONLINE) || (!isEnding && this.#others(PAUSED))
    const isMet = meets && (await this.#saving(() => this.#send()).catch(() => false))
    if (!isMet && !this.#others(ONLINE)) await this.save().catch(() => {})
  }

  #take(): CheckpointUnit[] {
    return Array.from(this.#world.units.values(), (live) => {
      const { name: unit, version } = live
      const { arena } = live.state.memory
      let memory = this.#memories.get(unit)
      if (memory?.byteLength !== arena.byteLength) {
        memory = allocate(arena.byteLength, unit)
        this.#memories.set(unit, memory)
      }
      copyMemory(arena, memory)
      return { unit, version, memory, private: ownOf(live) }
    })
  }
}
