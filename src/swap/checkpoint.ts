import { allocate, copyMemory } from '../state/memory.ts'
import { copySoft } from '../state/soft.ts'
import type { World } from './world.ts'

/** A unit's state as one participant saw it between two ticks. */
export interface CheckpointUnit {
  readonly unit: string
  readonly version: string
  /** a copy of its shared columns, which nobody writes to until the control thread has answered */
  readonly memory: SharedArrayBuffer
  readonly soft: Record<string, unknown>
}

/** Copies of all states, in memory that is used again. */
export class Checkpoint {
  readonly #world: World
  readonly #memories = new Map<string, SharedArrayBuffer>()

  constructor(world: World) {
    this.#world = world
  }

  take(): CheckpointUnit[] {
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
