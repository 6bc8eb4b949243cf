import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import type { Backend, Entry, Op, Range } from './contract.ts'

/** LevelDB: sorted files and a log. */
export class ClassicLevelBackend implements Backend {
  readonly kind = 'classic-level'
  readonly #db: ClassicLevel<string, Uint8Array>
  readonly #path: string

  private constructor(path: string, db: ClassicLevel<string, Uint8Array>) {
    this.#path = path
    this.#db = db
  }

  /** @throws what LevelDB says when the folder cannot be opened */
  static async open(path: string): Promise<ClassicLevelBackend> {
    // The store compresses by itself, and knows what it compresses.
    const options = { keyEncoding: 'utf8', valueEncoding: 'view', compression: false } as const
    const db = new ClassicLevel<string, Uint8Array>(path, options)
    await db.open()
    return new ClassicLevelBackend(path, db)
  }

  get(key: string): Uint8Array | undefined {
    return this.#db.getSync(key)
  }

  has(key: string): boolean {
    return this.#db.getSync(key) !== undefined
  }

  page({ from, to, reverse = false, limit, keysOnly = false }: Range): Promise<Entry[]> {
    return this.#db.iterator({ gte: from, lt: to, reverse, limit, values: !keysOnly }).all()
  }

  write(ops: readonly Op[]): Promise<void> {
    const batch = ops.map(([key, value]) =>
      value ? ({ type: 'put', key, value } as const) : ({ type: 'del', key } as const),
    )
    return this.#db.batch(batch, { sync: true })
  }

  bytes(): number {
    return readdirSync(this.#path).reduce((sum, file) => {
      return sum + (statSync(join(this.#path, file), { throwIfNoEntry: false })?.size ?? 0)
    }, 0)
  }

  close(): Promise<void> {
    return this.#db.close()
  }
}
