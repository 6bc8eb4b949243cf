import { blake3Hex } from '../store/hash.ts'
import type { Artifact } from '../units/code/artifact.ts'
import type { CachedModule, ModuleCache } from '../units/code/module-cache.ts'
import type { Contract } from '../units/contract.ts'

interface Staged {
  readonly key: string
  readonly module: CachedModule | undefined
  readonly bytes: Uint8Array
  readonly serial: number
}

/** What is known of units without evaluating them, and of which modules. */
export interface KnownContracts {
  readonly graph: string
  readonly contracts: readonly Contract[]
}

/** The modules of the last start, and what was staged since and is not on disk yet. */
export class Shelf implements ModuleCache {
  #modules: ReadonlyMap<string, CachedModule> = new Map()
  #contracts: KnownContracts | undefined
  readonly #staged = new Map<string, Staged>()
  #serial = 0

  fill(modules: ReadonlyMap<string, CachedModule>, contracts: KnownContracts | undefined): void {
    this.#modules = modules
    this.#contracts = contracts
  }

  find(key: string): CachedModule | undefined {
    return this.#modules.get(key) ?? undefined
  }

  staged(key: string, module: CachedModule | undefined, { id, hash }: Artifact, bytes: Uint8Array): void {
    this.#staged.set(place(id, hash), { key, module, bytes, serial: ++this.#serial })
  }

  /** The contracts of a graph that has been evaluated before. */
  contractsOf(artifacts: readonly Artifact[], units: readonly string[]): readonly Contract[] | undefined {
    if (this.#contracts?.graph !== graphKey(artifacts)) return undefined
    const byFile = new Map(this.#contracts.contracts.map((contract) => [contract.file, contract]))
    const found = units.flatMap((file) => byFile.get(file) ?? [])
    return found.length === units.length ? found : undefined
  }

  /** The bytes that an artifact was made from. */
  sourceOf({ id, hash }: Artifact): Uint8Array | undefined {
    return this.#staged.get(place(id, hash))?.bytes
  }

  /** Modules of a graph as the next start may find them, with the code caches they have now. */
  ready(artifacts: Iterable<Artifact>): Map<string, CachedModule> {
    const ready = new Map<string, CachedModule>()
    for (const artifact of artifacts) {
      const staged = this.#staged.get(place(artifact.id, artifact.hash))
      if (staged?.module) ready.set(staged.key, { ...staged.module, artifact: { ...artifact, exports: [] } })
    }
    return ready
  }

  /** Whether a start would find exactly these. */
  hasAll(modules: ReadonlyMap<string, CachedModule>): boolean {
    return modules.size === this.#modules.size && [...modules.keys()].every((key) => this.#modules.has(key))
  }

  /** How much has been staged, to be passed to `trim`. */
  get serial(): number {
    return this.#serial
  }

  /** Forgets what was staged up to `serial` and is not part of the graph of that time. */
  trim(artifacts: Iterable<Artifact>, serial: number): void {
    const kept = new Set(Array.from(artifacts, ({ id, hash }) => place(id, hash)))
    for (const [key, staged] of this.#staged)
      if (staged.serial <= serial && !kept.has(key)) this.#staged.delete(key)
  }
}

const place = (id: string, hash: string): string => `${id}\0${hash}`

export function graphKey(artifacts: Iterable<Artifact>): string {
  const lines = Array.from(artifacts, ({ id, hash }) => `${id}\0${hash}`).sort()
  return blake3Hex(Buffer.from([process.version, ...lines].join('\n')))
}
