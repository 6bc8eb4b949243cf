import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import type { Backend, Entry, Op, Range } from './contract.ts'

/** An LMDB environment: a memory-mapped tree that is never written in place. */
export class LmdbBackend implements Backend {
  readonly kind = 'lmdb'
  readonly #db: RootDatabase<Buffer, Buffer>
  readonly #file: string

  /** @throws what LMDB says when the folder cannot be opened */
  constructor(path: string, readOnly: boolean) {
    this.#file = join(path, 'data.mdb')
    // Without a map LMDB would end the process of a reader with a bus error.
    if (readOnly && !existsSync(this.#file)) throw new Error(`there is no ${this.#file}`)
    this.#db = open<Buffer, Buffer>({
      path,
      noSubdir: false,
      encoding: 'binary',
      keyEncoding: 'binary',
      // A write counts when it is synced; with overlapping it would count before.
      overlappingSync: false,
      noMemInit: true,
      readOnly,
    })
  }

  get(key: string): Uint8Array | undefined {
    return this.#db.getBinary(Buffer.from(key))
  }

  async page({ from, to, reverse = false, limit }: Range): Promise<Entry[]> {
    const [low, high] = [Buffer.from(from), Buffer.from(to)]
    // Of a reversed range LMDB takes the start in and leaves the end out: both are the other way round here.
    const range = reverse
      ? { start: high, end: low, reverse, exclusiveStart: true, inclusiveEnd: true, limit }
      : { start: low, end: high, limit }
    return Array.from(this.#db.getRange(range), ({ key, value }) => [key.toString(), value] as const)
  }

  async write(ops: readonly Op[]): Promise<void> {
    const written = this.#db.batch(() => {
      for (const [key, value] of ops)
        if (value) void this.#db.put(Buffer.from(key), value as Buffer)
        else void this.#db.remove(Buffer.from(key))
    })
    await written
    this.#db.resetReadTxn()
  }

  bytes(): number {
    return statSync(this.#file).size
  }

  close(): Promise<void> {
    return this.#db.close()
  }
}
