import type { UnitState } from '../state/memory.ts'
import type { Linker } from '../units/code/linker.ts'
import type { BoundUnit } from '../units/unit.ts'

/** A unit as it runs in one participant. */
export interface LiveUnit {
  readonly name: string
  readonly file: string
  readonly version: string
  readonly unit: BoundUnit
  readonly state: UnitState
  /** the exports of its file, live */
  readonly namespace: object
}

/** Everything that runs in one participant. */
export interface World {
  readonly linker: Linker
  readonly units: Map<string, LiveUnit>
}
