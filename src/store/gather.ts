/** Collects what is asked for in one turn of the event loop's jobs, and does it in one go. */
export class Gather<T, R> {
  readonly #act: (items: readonly T[]) => R | Promise<R>
  readonly #most: number
  #items: T[] = []
  #done: Promise<R> | undefined

  /** `act` gets at most so many items; the others come in another go. */
  constructor(most: number, act: (items: readonly T[]) => R | Promise<R>) {
    this.#most = most
    this.#act = act
  }

  /** Adds an item and gives its place among those that `done` is of right now. */
  add(item: T): number {
    if (this.#items.length >= this.#most) this.#done = undefined
    if (!this.#done) {
      const items: T[] = []
      this.#items = items
      this.#done = this.#run(items)
    }
    return this.#items.push(item) - 1
  }

  /** What became of those that the last one added is among. */
  get done(): Promise<R> {
    return this.#done!
  }

  async #run(items: readonly T[]): Promise<R> {
    await undefined
    if (this.#items === items) this.#done = undefined
    return this.#act(items)
  }
}
