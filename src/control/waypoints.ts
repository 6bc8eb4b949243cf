import { TickswapError } from '../errors.ts'
import type { Stopover } from '../swap/stopover.ts'
import type { Artifact } from '../units/code/artifact.ts'
import { evaluationOrder, nodeOf } from '../units/code/graph.ts'
import type { Candidate } from '../version/compatibility/check.ts'
import type { Edition, UnitEntry } from './catalog.ts'
import { modulesOfStored, type Workshop } from './stored-modules.ts'

/** A stored version that a chain of migrations cannot go by after all. */
export class Impassable extends Error {
  readonly version: string

  constructor(version: string, why: string) {
    super(why)
    this.version = version
  }
}

/**
 * The versions that a unit's state passes through on its way to another one, ready to be loaded anywhere: those that
 * ran in this process from memory, and earlier ones from the sources that the store keeps.
 */
export class Waypoints {
  readonly #workshop: Workshop

  constructor(workshop: Workshop) {
    this.#workshop = workshop
  }

  /**
   * In the order of the way.
   * @param onModule told of every module that is staged anew; what it throws ends the work
   * @throws Impassable for a stored version whose sources are gone, damaged, or do not fit what runs
   */
  async stopovers(
    entry: UnitEntry | undefined,
    { transition }: Candidate,
    onModule: (file: string) => void,
  ): Promise<Stopover[]> {
    const stopovers: Stopover[] = []
    for (const version of transition.passage?.chain?.via ?? []) {
      const edition = entry?.editions.findLast((each) => each.version.toString() === version)
      stopovers.push(edition ? this.#ofRun(edition) : await this.#ofStore(entry!.name, version, onModule))
    }
    return stopovers
  }

  #ofRun(edition: Edition): Stopover {
    const { catalog } = this.#workshop
    catalog.requireWhole(edition)
    const { version, contract, artifacts } = edition
    // Its own modules as they were, and those of other units as they are.
    const own = new Map(artifacts.map((artifact) => [artifact.id, artifact]))
    const find = (id: string): Artifact | undefined => own.get(id) ?? catalog.artifact(id)
    const evaluate = evaluationOrder([contract.file], (id) => {
      const artifact = find(id)
      return artifact && nodeOf(artifact)
    })
    const update = { artifacts: evaluate.map((id) => find(id)!), evaluate, lazy: [], rebind: [], removed: [] }
    return { version: version.toString(), file: contract.file, update }
  }

  async #ofStore(unit: string, version: string, onModule: (file: string) => void): Promise<Stopover> {
    try {
      const { files, update } = await modulesOfStored(this.#workshop, [{ unit, version }], [], { onModule })
      return { version, file: files[0]!, update }
    } catch (error) {
      if (!(error instanceof TickswapError)) throw error
      throw new Impassable(version, error.finding.message)
    }
  }
}
