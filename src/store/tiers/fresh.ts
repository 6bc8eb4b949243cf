import { after, under } from '../backends/contract.ts'
import type { Transactor } from '../transactor.ts'
import { hashOf, type Meta, metaKey } from './meta.ts'
import { ownMeta } from './packed.ts'

const PAGE = 256

/**
 * The objects that have no record beside their own: those that came lately. The background gives them one when they
 * are old enough to be packed, so that there are never many.
 */
export class Fresh {
  readonly #metas = new Map<string, Meta>()
  #surveyed: Promise<void> | undefined

  add(hash: string, meta: Meta): void {
    this.#metas.set(hash, meta)
  }

  delete(hash: string): void {
    this.#metas.delete(hash)
  }

  /** Those of this run, and once those that earlier ones left. */
  async list(transactor: Transactor): Promise<[hash: string, meta: Meta][]> {
    this.#surveyed ??= this.#survey(transactor)
    await this.#surveyed
    return [...this.#metas]
  }

  async #survey(transactor: Transactor): Promise<void> {
    let { from, to } = under('o/')
    for (;;) {
      const keys = await transactor.page({ from, to, limit: PAGE, keysOnly: true })
      for (const [key] of keys) this.#look(transactor, key)
      if (keys.length < PAGE) return
      from = after(keys.at(-1)![0])
      await new Promise((resolve) => setImmediate(resolve))
    }
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
