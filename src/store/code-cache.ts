import type { CachedModule } from '../units/code/module-cache.ts'
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
  async load(): Promise<{ modules: Map<string, CachedModule>; more: unknown }> {
    const modules = new Map<string, CachedModule>()
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
  async save(modules: ReadonlyMap<string, CachedModule>, more: unknown): Promise<void> {
    const keys = [...modules.keys()]
    const blobs = Array.from(modules.values(), pack)
    const hashes = await Promise.all(blobs.map((blob) => this.#objects.put(blob)))
    const info: Info = { modules: Object.fromEntries(keys.map((key, i) => [key, hashes[i]!])), more }
    await this.#objects.keep({ owner: OWNER, info, hashes })
  }
}

/** The module as JSON, its length in front, and V8's code cache behind. */
function pack(module: CachedModule): Uint8Array {
  const { cache, ...artifact } = module.artifact
  const json = Buffer.from(JSON.stringify({ ...module, artifact }))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32LE(json.length)
  return Buffer.concat([length, json, cache ?? new Uint8Array(0)])
}

function unpack(bytes: Uint8Array): CachedModule {
  const end = LENGTH_BYTES + Buffer.from(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).readUInt32LE()
  const module = JSON.parse(Buffer.from(bytes.subarray(LENGTH_BYTES, end)).toString()) as CachedModule
  // V8 wants it aligned, and others may have the same bytes.
  const cache = Uint8Array.from(bytes.subarray(end))
  return cache.length > 0 ? { ...module, artifact: { ...module.artifact, cache } } : module
}
