import { hashHex } from '../native/addon.ts'
import { allocate, type UnitMemory } from '../state/memory.ts'
import type { Artifact, GraphUpdate } from '../units/code/artifact.ts'
import type { Contract } from '../units/contract.ts'
import { requireIntegrity } from '../version/record.ts'
import { Version } from '../version/version.ts'
import { UnitBackups } from './backups.ts'
import { Claims } from './claims.ts'
import { namesInOrder } from './dependencies.ts'
import type { Former } from './former.ts'

/** One version of a unit that runs or has run, in this run of the engine. */
export interface Edition extends Former {
  readonly contract: Contract
  /** the modules of the unit's own files: what going back to it loads */
  readonly artifacts: readonly Artifact[]
  /** index of its record in the registry */
  readonly record: number
  /** epoch milliseconds of its commit */
  readonly at: number
}

/** A unit as the control thread knows it. */
export interface UnitEntry {
  readonly name: string
  /** index of the unit in the registry */
  readonly index: number
  running: Edition
  memory: UnitMemory
  /** every edition that was committed, oldest first; bounded */
  readonly editions: Edition[]
  /** of them, one of each version that does not run: those whose records stand by in the registry */
  standby: readonly Edition[]
  readonly backups: UnitBackups
}

/** Editions that stay available for going back, per unit. */
const MAX_EDITIONS = 64

/** What runs: the units and the graph of their modules. */
export class Catalog {
  readonly units = new Map<string, UnitEntry>()
  readonly claims = new Claims()
  readonly #artifacts = new Map<string, Artifact>()
  /** the hash of each edition's artifacts as they were when it ran */
  readonly #seals = new WeakMap<Former, string>()

  /** Takes over a committed update of the graph. */
  accept(update: GraphUpdate): void {
    for (const artifact of update.artifacts) this.#artifacts.set(artifact.id, artifact)
    for (const id of update.removed) this.#artifacts.delete(id)
  }

  artifacts(): Iterable<Artifact> {
    return this.#artifacts.values()
  }

  byFile(file: string): UnitEntry | undefined {
    for (const entry of this.units.values()) if (entry.running.contract.file === file) return entry
    return undefined
  }

  /**
   * Refuses an edition whose artifacts are not what ran. The modules of one of an earlier run are yet to be made.
   * @throws TickswapError INTEGRITY, with both hashes
   */
  requireWhole(edition: Former): void {
    const { contract, version, artifacts } = edition
    if (!artifacts) return
    const recorded = this.#seals.get(edition) ?? 'nothing'
    requireIntegrity(`the code of ${contract.name} ${version}`, recorded, sealOf(artifacts), contract.file)
  }

  add(index: number, memory: UnitMemory, edition: Edition): void {
    this.#seals.set(edition, sealOf(edition.artifacts))
    const { name } = edition.contract
    this.units.set(name, {
      name,
      index,
      memory,
      running: edition,
      editions: [edition],
      standby: [],
      backups: new UnitBackups(name),
    })
  }

  artifact(id: string): Artifact | undefined {
    return this.#artifacts.get(id)
  }

  /** Every module id of the graph. */
  has(id: string): boolean {
    return this.#artifacts.has(id)
  }

  /** The modules that make up a unit: its file and what travels with it, up to other units' files. */
  closure(file: string, update?: GraphUpdate): Artifact[] {
    const changed = new Map(update?.artifacts.map((artifact) => [artifact.id, artifact]))
    const found = new Map<string, Artifact>()
    const visit = (id: string) => {
      const artifact = changed.get(id) ?? this.#artifacts.get(id)
      if (!artifact || found.has(id) || (artifact.isUnit && id !== file)) return
      found.set(id, artifact)
      for (const imported of artifact.imports) visit(imported)
    }
    visit(file)
    return [...found.values()]
  }

  /** Records that `edition` runs now. @returns editions whose records nothing refers to any more */
  run(entry: UnitEntry, edition: Edition): Edition[] {
    if (!this.#seals.has(edition)) this.#seals.set(edition, sealOf(edition.artifacts))
    const before = [...entry.standby, entry.running]
    entry.running = edition
    entry.editions.push(edition)
    if (entry.editions.length > MAX_EDITIONS) entry.editions.shift()
    const standsBy = (other: Edition) =>
      entry.editions.includes(other) && Version.compare(other.version, edition.version) !== 0
    entry.standby = before.filter(standsBy)
    return before.filter((other) => !standsBy(other))
  }

  /** The units, each after those it requires; units that require each other stand together, by name. */
  inOrder(): UnitEntry[] {
    const sides = new Map([...this.units].map(([name, { running }]) => [name, running]))
    return namesInOrder(sides).map((name) => this.units.get(name)!)
  }
}

/** XXH3-64 over the names and hashes of a unit's own files, absolute. */
export function contentHash(modules: readonly Pick<Artifact, 'id' | 'hash'>[]): string {
  const parts = modules.map(({ id, hash }) => `${id}\0${hash}`)
  return hashHex(new TextEncoder().encode(parts.sort().join('\n')))
}

/** XXH3-64 over all that participants would run of some modules. */
function sealOf(artifacts: readonly Artifact[]): string {
  const parts = artifacts.map(({ id, hash, code, bytes }) => {
    return JSON.stringify([id, hash, code, bytes ? hashHex(bytes) : ''])
  })
  return hashHex(new TextEncoder().encode(parts.sort().join('\n')))
}

/** Memory for a new version's state. @throws TickswapError STATE_LIMIT */
export function newMemory(contract: Contract, hasSpare: boolean): UnitMemory {
  const { shared, own, name } = contract
  const room = () => allocate(shared.bytes, name)
  return { shared, own, arena: room(), lastGood: room(), ...(hasSpare && { spare: room() }) }
}
