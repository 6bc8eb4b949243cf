import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { damaged } from '../record.ts'
import type { Backend, Entry, Op, Range } from './contract.ts'
import { checkLength } from './lmdb-file.ts'

/** Pages of the tree that a write may need besides its own. */
const SPARE_BYTES = 2 ** 20

/** An LMDB environment: a memory-mapped tree that is never written in place. */
export class LmdbBackend implements Backend {
  readonly kind = 'lmdb'
  readonly #db: RootDatabase<Buffer, Buffer>
  readonly #file: string

  /** @throws what LMDB says when the folder cannot be opened */
  constructor(path: string, readOnly: boolean) {
    this.#file = join(path, 'data.mdb')
    // Without a map LMDB would end the process of a reader with a bus error.
    if (existsSync(this.#file)) checkLength(this.#file, readOnly)
    else if (readOnly) throw new Error(`there is no ${this.#file}`)
    this.#db = open<Buffer, Buffer>({
      path,
      noSubdir: false,
      encoding: 'binary',
      keyEncoding: 'binary',
      // A write counts when it is synced; with overlapping it would count before.
      overlappingSync: false,
      // A commit of a whole turn that fails leaves a rejection behind that nobody can handle.
      eventTurnBatching: false,
      noMemInit: true,
      readOnly,
    })
  }

  get(key: string): Uint8Array | undefined {
    return corrupted(() => this.#db.getBinary(Buffer.from(key)))
  }

  async page({ from, to, reverse = false, limit }: Range): Promise<Entry[]> {
    const [low, high] = [Buffer.from(from), Buffer.from(to)]
    // Of a reversed range LMDB takes the start in and leaves the end out: both are the other way round here.
    const range = reverse
      ? { start: high, end: low, reverse, exclusiveStart: true, inclusiveEnd: true, limit }
      : { start: low, end: high, limit }
    return corrupted(() =>
      Array.from(this.#db.getRange(range), ({ key, value }) => [key.toString(), value] as const),
    )
  }

  async write(ops: readonly Op[]): Promise<void> {
    try {
      await this.#db.transaction(() => {
        for (const [key, value] of ops)
          if (value) this.#db.putSync(Buffer.from(key), value as Buffer)
          else this.#db.removeSync(Buffer.from(key))
      })
    } catch (failed) {
      const error = await reasonOf(failed)
      const bytes = ops.reduce((sum, [key, value]) => sum + key.length + (value?.length ?? 0), 0)
      const { bavail, bsize } = statfsSync(dirname(this.#file))
      // LMDB calls a write that the disk took only a part of an input/output error.
      const isFull = bavail * bsize < bytes + SPARE_BYTES
      throw isFull ? new Error('No space left on device', { cause: error }) : error
    } finally {
      this.#db.resetReadTxn()
    }
  }

  bytes(): number {
    return statSync(this.#file).size
  }

  close(): Promise<void> {
    return this.#db.close()
  }
}

/** Why a commit failed is told by a promise of its own, which is rejected, too. */
async function reasonOf(error: unknown): Promise<unknown> {
  try {
    await (error as { commitError?: Promise<void> }).commitError
    return error
  } catch (reason) {
    return reason
  }
}

/** @throws TickswapError STORE_DAMAGED where LMDB finds something that is no page of its own */
function corrupted<T>(act: () => T): T {
  try {
    return act()
  } catch (cause) {
    throw damaged(`LMDB cannot read: ${(cause as Error).message}`, cause)
  }
}
