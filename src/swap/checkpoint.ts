import { allocate, copyMemory } from '../state/memory.ts'
import { copySoft } from '../state/soft.ts'
import { type Board, ParticipantState, Status } from './board.ts'
import type { World } from './world.ts'

/** A unit's state as one participant saw it between two ticks. */
export interface CheckpointUnit {
  readonly unit: string
  readonly version: string
  /** a copy of its shared columns, which nobody writes to until the control thread has answered */
  readonly memory: SharedArrayBuffer
  readonly soft: Record<string, unknown>
}

/** While a swap stands so, the state may be moving. */
const UNDER_WAY: ReadonlySet<number> = new Set([Status.PARKING, Status.COMMITTED])

/** One participant's copies of all states, in memory that is used again. */
export class Checkpoint {
  readonly #world: World
  readonly #board: Board
  readonly #slot: number
  readonly #send: (units: readonly CheckpointUnit[]) => Promise<unknown>
  readonly #memories = new Map<string, SharedArrayBuffer>()
  #timer: NodeJS.Timeout | undefined
  #isSaving = false

  /** `send` resolves when the control thread has no use for the copies any more. */
  constructor(
    { world, board, slot }: { world: World; board: Board; slot: number },
    send: (units: readonly CheckpointUnit[]) => Promise<unknown>,
  ) {
    this.#world = world
    this.#board = board
    this.#slot = slot
    this.#send = send
  }

  /** The memory of the one before is in use until its answer: until then there is nothing to do. */
  async save(): Promise<void> {
    if (this.#isSaving) return
    this.#isSaving = true
    try {
      await this.#send(this.#take())
    } finally {
      this.#isSaving = false
    }
  }

  every(ms: number): void {
    if (ms > 0) this.#timer = setInterval(() => void this.#saveAlone(), ms).unref()
  }

  /** Saves for the last time, where the timer did. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    if (this.#timer) await this.#saveAlone()
  }

  /** Between its ticks nobody writes when this participant is the only one. */
  async #saveAlone(): Promise<void> {
    const others = this.#board.inState(ParticipantState.ONLINE).filter((slot) => slot !== this.#slot)
    const isIdle = !UNDER_WAY.has(this.#board.present)
    if (others.length === 0 && isIdle) await this.save().catch(() => {})
  }

  #take(): CheckpointUnit[] {
    return Array.from(this.#world.units.values(), ({ name: unit, version, state }) => {
      const { arena } = state.memory
      let memory = this.#memories.get(unit)
      if (memory?.byteLength !== arena.byteLength) {
        memory = allocate(arena.byteLength, unit)
        this.#memories.set(unit, memory)
      }
      copyMemory(arena, memory)
      return { unit, version, memory, soft: copySoft(state.soft) }
    })
  }
}
