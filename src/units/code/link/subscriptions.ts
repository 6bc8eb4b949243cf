import type { Listener } from './wiring.ts'

interface Subscription {
  readonly listener: Listener
  readonly slot: number
}

/** Who is to be told the values of which exports. */
export class Subscriptions {
  #byIndex: Map<number, Set<Subscription>> | undefined

  indexes(): Iterable<number> {
    return this.#byIndex?.keys() ?? []
  }

  add(index: number, listener: Listener, slot: number): void {
    this.#byIndex ??= new Map()
    const set = this.#byIndex.get(index) ?? new Set()
    this.#byIndex.set(index, set.add({ listener, slot }))
  }

  delete(index: number, listener: Listener, slot: number): void {
    const set = this.#byIndex?.get(index)
    if (!set) return
    for (const each of set) if (each.listener === listener && each.slot === slot) set.delete(each)
  }

  clear(index: number): void {
    this.#byIndex?.get(index)?.clear()
  }

  tell(index: number, value: unknown): void {
    const set = this.#byIndex?.get(index)
    if (set) for (const { listener, slot } of set) listener.receive(slot, value)
  }
}
