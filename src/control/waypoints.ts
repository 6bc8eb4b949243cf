import { TickswapError } from '../errors.ts'
import { hashHex } from '../native/addon.ts'
import type { Stopover } from '../swap/stopover.ts'
import type { Artifact, GraphUpdate } from '../units/code/artifact.ts'
import { evaluationOrder, nodeOf } from '../units/code/graph.ts'
import { Stager } from '../units/code/stager.ts'
import type { Candidate } from '../version/compatibility/check.ts'
import type { Catalog, Edition, UnitEntry } from './catalog.ts'
import type { Persistence } from './persistence.ts'

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
  readonly #catalog: Catalog
  readonly #persistence: Persistence
  readonly #root: string

  /** @param root folder of the units */
  constructor(catalog: Catalog, persistence: Persistence, root: string) {
    this.#catalog = catalog
    this.#persistence = persistence
    this.#root = root
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
    this.#catalog.requireWhole(edition)
    const { version, contract, artifacts } = edition
    // Its own modules as they were, and those of other units as they are.
    const own = new Map(artifacts.map((artifact) => [artifact.id, artifact]))
    const find = (id: string): Artifact | undefined => own.get(id) ?? this.#catalog.artifact(id)
    const evaluate = evaluationOrder([contract.file], (id) => {
      const artifact = find(id)
      return artifact && nodeOf(artifact)
    })
    const update = { artifacts: evaluate.map((id) => find(id)!), evaluate, lazy: [], rebind: [], removed: [] }
    return { version: version.toString(), file: contract.file, update }
  }

  async #ofStore(unit: string, version: string, onModule: (file: string) => void): Promise<Stopover> {
    try {
      const kept = await this.#persistence.recorder?.contentsOf(unit, version)
      if (!kept) throw new Impassable(version, 'not all of its sources are there')
      const update = await this.#staged(kept.file, kept.contents, onModule)
      if (!update.artifacts.some(({ id, isUnit }) => id === kept.file && isUnit))
        throw new Impassable(version, `${kept.file} is not kept`)
      const isOwn = this.#ownIn(update, kept.file)
      // A module that the store does not have would have been read as it is on disk today.
      const stranger = update.artifacts.find(({ id, hash }) => isOwn(id) && kept.hashes.get(id) !== hash)
      if (stranger) throw new Impassable(version, `its module ${stranger.file} is not kept`)
      return { version, file: kept.file, update }
    } catch (error) {
      if (!(error instanceof TickswapError)) throw error
      throw new Impassable(version, error.finding.message)
    }
  }

  /** @throws StageError where its modules and those of other units, as they are, do not fit together */
  async #staged(
    file: string,
    contents: ReadonlyMap<string, Uint8Array>,
    onModule: (file: string) => void,
  ): Promise<GraphUpdate> {
    const stager = new Stager({ root: this.#root, hash: hashHex, contents })
    const artifacts = [...this.#catalog.artifacts()].filter(({ id }) => !contents.has(id))
    return (await stager.stage({ entries: [file], artifacts, onModule })).update
  }

  /** Whether a module is the version's own: not another unit's, nor reached by way of one. */
  #ownIn({ artifacts }: GraphUpdate, file: string): (id: string) => boolean {
    const byId = new Map(artifacts.map((artifact) => [artifact.id, artifact]))
    const own = new Set([file])
    for (const id of own)
      for (const imported of byId.get(id)?.imports ?? []) if (!byId.get(imported)?.isUnit) own.add(imported)
    return (id) => own.has(id)
  }
}
