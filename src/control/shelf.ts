import { blake3Hex } from '../store/hash.ts'
import type { Artifact } from '../units/code/artifact.ts'
import { madeBy } from '../units/code/kept.ts'
import type { Contract } from '../units/contract.ts'

/** What is known of a start without doing anything: contracts of a graph that has been evaluated, and what made it. */
export interface KnownStart {
  readonly madeBy: string
  readonly graph: string
  readonly contracts: readonly Contract[]
}

interface Source {
  readonly bytes: Uint8Array
  readonly serial: number
}

/** The modules of the last start, and the sources that were read since and are not on disk yet. */
export class Shelf {
  #modules: ReadonlyMap<string, Artifact> = new Map()
  #known: KnownStart | undefined
  readonly #sources = new Map<string, Source>()
  #serial = 0

  /** Takes in what an earlier start has kept; of another version of Node or of the transform, nothing. */
  fill(modules: ReadonlyMap<string, Artifact>, known: KnownStart | undefined): void {
    if (known?.madeBy !== madeBy()) return
    this.#modules = modules
    this.#known = known
  }

  /** A module as it was made before, of the same bytes. */
  readonly kept = (id: string, hash: string): Artifact | undefined => this.#modules.get(place({ id, hash }))

  readonly onRead = (id: string, hash: string, bytes: Uint8Array): void => {
    this.#sources.set(place({ id, hash }), { bytes, serial: ++this.#serial })
  }

  /** The contracts of a graph that has been evaluated before. */
  contractsOf(artifacts: readonly Artifact[], units: readonly string[]): readonly Contract[] | undefined {
    if (this.#known?.graph !== graphKey(artifacts)) return undefined
    const byFile = new Map(this.#known.contracts.map((contract) => [contract.file, contract]))
    const found = units.flatMap((file) => byFile.get(file) ?? [])
    return found.length === units.length ? found : undefined
  }

  /** The bytes that an artifact was made from. */
  sourceOf(artifact: Artifact): Uint8Array | undefined {
    return this.#sources.get(place(artifact))?.bytes
  }

  /** Whether a start would find exactly these, for this graph. */
  holds(modules: ReadonlyMap<string, Artifact>, { graph }: KnownStart): boolean {
    return this.#known?.graph === graph && [...modules.keys()].every((key) => this.#modules.has(key))
  }

  /** How much has been read, to be passed to `trim`. */
  get serial(): number {
    return this.#serial
  }

  /** Forgets what was read up to `serial` and is not part of the graph of that time. */
  trim(artifacts: Iterable<Artifact>, serial: number): void {
    const kept = new Set(Array.from(artifacts, place))
    for (const [key, source] of this.#sources)
      if (source.serial <= serial && !kept.has(key)) this.#sources.delete(key)
  }
}

const place = ({ id, hash }: Pick<Artifact, 'id' | 'hash'>): string => `${id}\0${hash}`

/** Modules of a graph as the next start may find them. */
export const readyToKeep = (artifacts: readonly Artifact[]): Map<string, Artifact> =>
  new Map(artifacts.filter(({ selfContained }) => selfContained).map((each) => [place(each), each]))

export function knownStart(artifacts: readonly Artifact[], contracts: readonly Contract[]): KnownStart {
  return { madeBy: madeBy(), graph: graphKey(artifacts), contracts }
}

function graphKey(artifacts: readonly Artifact[]): string {
  return blake3Hex(Buffer.from(artifacts.map(place).sort().join('\n')))
}
