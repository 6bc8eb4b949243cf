import { existsSync, statfsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { RootDatabase } from 'lmdb'
import type { TickswapError } from '../../errors.ts'
import { damaged } from '../record.ts'
import type { Backend, Entry, Op, Range } from './contract.ts'
import { checkLength } from './lmdb-file.ts'

/** As one file: the same as modules takes twice as long to load, and a start waits for it. */
const { open } = createRequire(import.meta.url)('lmdb') as typeof import('lmdb')

/** Pages of the tree that a write may need besides its own. */
const SPARE_BYTES = 2 ** 20
/** And for each record: a leaf, and a branch above it. */
const OP_BYTES = 8192

/** Keys are text, and go straight to where LMDB wants them. */
const KEY_ENCODER = {
  writeKey(key: string, target: Buffer, start: number): number {
    const end = start + target.write(key, start)
    // Text that does not fit is cut off without a word.
    if (end + 4 > target.length) throw new RangeError('a key is too long')
    return end
  },
  readKey: (target: Buffer, start: number, end: number): string => target.toString('utf8', start, end),
}
const NOTHING = new Uint8Array(0)

/** An LMDB environment: a memory-mapped tree that is never written in place. */
export class LmdbBackend implements Backend {
  readonly kind = 'lmdb'
  readonly #db: RootDatabase<Buffer, string>
  readonly tree: string
  #condemned: Error | undefined

  /** @throws what LMDB says when the folder cannot be opened */
  constructor(path: string, readOnly: boolean) {
    this.tree = join(path, 'data.mdb')
    // Without a map LMDB would end the process of a reader with a bus error.
    if (existsSync(this.tree)) checkLength(this.tree, readOnly)
    else if (readOnly) throw new Error(`there is no ${this.tree}`)
    this.#db = open<Buffer, string>({
      path,
      noSubdir: false,
      encoding: 'binary',
      keyEncoder: KEY_ENCODER,
      // A write counts when it is synced; with overlapping it would count before.
      overlappingSync: false,
      // A commit of a whole turn that fails leaves a rejection behind that nobody can handle.
      eventTurnBatching: false,
      noMemInit: true,
      readOnly,
    })
  }

  get(key: string): Uint8Array | undefined {
    if (this.#condemned) throw this.#condemned
    try {
      return this.#db.getBinary(key)
    } catch (cause) {
      throw unreadable(cause)
    }
  }

  has(key: string): boolean {
    return this.#reading(() => this.#db.doesExist(key))
  }

  async page({ from, to, reverse = false, limit, keysOnly = false }: Range): Promise<Entry[]> {
    // Of a reversed range LMDB takes the start in and leaves the end out: both are the other way round here.
    const range = reverse
      ? { start: to, end: from, reverse, exclusiveStart: true, inclusiveEnd: true, limit }
      : { start: from, end: to, limit }
    if (keysOnly)
      return this.#reading(() => Array.from(this.#db.getKeys(range), (key) => [key, NOTHING] as const))
    return this.#reading(() =>
      Array.from(this.#db.getRange(range), ({ key, value }) => [key, value] as const),
    )
  }

  async write(ops: readonly Op[]): Promise<void> {
    if (this.#condemned) throw this.#condemned
    if (ops.length === 0) return
    // LMDB that runs out of room in the middle of a write may leave the heap of the process broken: it is not let to.
    if (this.#lacksRoom(ops)) throw new Error('No space left on device')
    try {
      // One transaction, which LMDB's own thread writes while this one goes on; what fails in it ends all of it.
      await this.#db.batch(() => {
        for (const [key, value] of ops)
          if (value) void this.#db.put(key, value as Buffer)
          else void this.#db.remove(key)
      })
    } catch (failed) {
      const error = await reasonOf(failed)
      // LMDB calls a write that the disk took only a part of an input/output error.
      throw this.#lacksRoom(ops) ? new Error('No space left on device', { cause: error }) : error
    } finally {
      this.#db.resetReadTxn()
    }
  }

  #lacksRoom(ops: readonly Op[]): boolean {
    const bytes = ops.reduce((sum, [key, value]) => sum + key.length + (value?.length ?? 0) + OP_BYTES, 0)
    const { bavail, bsize } = statfsSync(dirname(this.tree))
    return bavail * bsize < bytes + SPARE_BYTES
  }

  bytes(): number {
    return statSync(this.tree).size
  }

  condemn(error: Error): void {
    this.#condemned ??= error
  }

  /** @throws TickswapError STORE_DAMAGED where LMDB finds something that is no page of its own */
  #reading<T>(act: () => T): T {
    if (this.#condemned) throw this.#condemned
    try {
      return act()
    } catch (cause) {
      throw unreadable(cause)
    }
  }

  close(): Promise<void> {
    return this.#db.close()
  }
}

const unreadable = (cause: unknown): TickswapError =>
  damaged(`LMDB cannot read: ${(cause as Error).message}`, cause)

/** Why a commit failed is told by a promise of its own, which is rejected, too. */
async function reasonOf(error: unknown): Promise<unknown> {
  try {
    await (error as { commitError?: Promise<void> }).commitError
    return error
  } catch (reason) {
    return reason
  }
}
