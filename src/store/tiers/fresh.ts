import { scan, under } from '../backends/contract.ts'
import type { Transactor } from '../transactor.ts'
import { HashFilter } from './filter.ts'
import { hashOf, type Meta, metaKey } from './meta.ts'
import { ownMeta } from './packed.ts'

/** Keys that are looked at in a row. */
const STRETCH = 256

/**
 * The objects that have no record beside their own: those that came lately. The background gives them one when they
 * are old enough to be packed, so that there are never many.
 */
export class Fresh {
  readonly #metas = new Map<string, Meta>()
  readonly #seen = new HashFilter()
  /** `#seen` knows everything that is there */
  #knowsAll = false
  #surveyed: Promise<void> | undefined

  /** A store without objects has nothing that would have to be looked for. */
  beginEmpty(): void {
    this.#knowsAll = true
    this.#surveyed = Promise.resolve()
  }

  add(hash: string, meta: Meta): void {
    this.#metas.set(hash, meta)
  }

  delete(hash: string): void {
    this.#metas.delete(hash)
  }

  /** Of an object that is about to be written: whether there is certainly none such yet. */
  note(hash: string): boolean {
    return this.#seen.add(hash) && this.#knowsAll
  }

  /** Those of this run, and once those that earlier ones left. */
  async list(transactor: Transactor): Promise<[hash: string, meta: Meta][]> {
    this.#surveyed ??= this.#survey(transactor)
    await this.#surveyed
    return [...this.#metas]
  }

  async #survey(transactor: Transactor): Promise<void> {
    let looked = 0
    for (const prefix of ['m/', 'o/'])
      for await (const [key] of scan(transactor, { ...under(prefix), keysOnly: true })) {
        this.note(hashOf(key))
        if (prefix === 'o/') this.#look(transactor, key)
        if (++looked % STRETCH === 0) await new Promise((resolve) => setImmediate(resolve))
      }
    this.#knowsAll = true
  }

  #look(transactor: Transactor, key: string): void {
    const hash = hashOf(key)
    if (this.#metas.has(hash) || transactor.has(metaKey(hash))) return
    const record = transactor.get(key)
    try {
      const meta = record && ownMeta(hash, record)
      if (meta) this.#metas.set(hash, meta)
    } catch {
      // Damaged ones are for `verify` to name: nothing is done with them.
    }
  }
}
