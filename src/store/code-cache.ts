import type { Artifact } from '../units/code/artifact.ts'
import type { Objects } from './objects.ts'

const OWNER = 'boot/code'
const LENGTH_BYTES = 4

interface Info {
  /** key of a module to the object that holds it */
  readonly modules: Readonly<Record<string, string>>
  readonly more: unknown
}

/** Modules ready to run, of the last start: no transform and no compiling when they have not changed. */
export class CodeCache {
  readonly #objects: Objects

  constructor(objects: Objects) {
    this.#objects = objects
  }

  /** What was kept. A part that is damaged is as if it had never been kept: it is made anew. */
  async load(): Promise<{ modules: Map<string, Artifact>; more: unknown }> {
    const modules = new Map<string, Artifact>()
    try {
      const info = this.#objects.owner(OWNER)?.info as Info | undefined
      for (const [key, hash] of Object.entries(info?.modules ?? {})) {
        const bytes = await this.#objects.get(hash).catch(() => undefined)
        if (bytes) modules.set(key, unpack(bytes))
      }
      return { modules, more: info?.more }
    } catch {
      return { modules, more: undefined }
    }
  }

  /** Keeps exactly these. */
  async save(modules: ReadonlyMap<string, Artifact>, more: unknown): Promise<void> {
    const keys = [...modules.keys()]
    const blobs = Array.from(modules.values(), pack)
    const hashes = await Promise.all(blobs.map((blob) => this.#objects.put(blob)))
    const info: Info = { modules: Object.fromEntries(keys.map((key, i) => [key, hashes[i]!])), more }
    await this.#objects.keep({ owner: OWNER, info, hashes })
  }
}

/** The module as JSON, its length in front, and V8's code cache behind. What is kept has no bytes of its own. */
function pack({ cache, ...artifact }: Artifact): Uint8Array {
  const json = Buffer.from(JSON.stringify(artifact))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32LE(json.length)
  return Buffer.concat([length, json, cache ?? new Uint8Array(0)])
}

function unpack(bytes: Uint8Array): Artifact {
  const end = LENGTH_BYTES + Buffer.from(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).readUInt32LE()
  const artifact = JSON.parse(Buffer.from(bytes.subarray(LENGTH_BYTES, end)).toString()) as Artifact
  // V8 wants it aligned, and others may have the same bytes.
  const cache = Uint8Array.from(bytes.subarray(end))
  return cache.length > 0 ? { ...artifact, cache } : artifact
}
