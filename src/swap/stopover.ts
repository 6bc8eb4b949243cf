import { TickswapError } from '../errors.ts'
import { freshState } from '../state/fresh.ts'
import type { Stop } from '../state/migrate.ts'
import type { GraphUpdate } from '../units/code/artifact.ts'
import { Linker } from '../units/code/linker.ts'
import { isUnit, type UnitDefinition } from '../units/unit.ts'

/** A version that a chain of migrations passes through, with all that running its migrations takes. */
export interface Stopover {
  readonly version: string
  readonly file: string
  /** the modules of that version, and what they import as it is now */
  readonly update: GraphUpdate
}

/** The versions between, ready to migrate. Their modules are evaluated in a world of their own, once. */
export class Stopovers {
  readonly #definitions: readonly UnitDefinition[]

  /** @throws what a module throws in its body */
  constructor(stopovers: readonly Stopover[] = []) {
    this.#definitions = stopovers.map(({ file, update }) => {
      const linker = new Linker()
      linker.load(update)
      const { unit } = linker.namespace(file) as { unit?: unknown }
      if (!isUnit(unit)) throw new TickswapError('TICKSWAP_E_NOT_A_UNIT', `${file} exports no unit`, { file })
      return unit.definition
    })
  }

  /** With empty memory of their layouts, in the order of the way. */
  fresh(): Stop[] {
    return this.#definitions.map((definition) => {
      return { migrations: definition.migrate, state: freshState(definition) }
    })
  }
}
