/** Collects what is asked for in one turn of the event loop's jobs, and does it in one go. */
export class Gather<T, R> {
  readonly #act: (items: readonly T[]) => readonly R[] | Promise<readonly R[]>
  readonly #most: number
  #items: T[] = []
  #done: Promise<readonly R[]> | undefined

  /** `act` gives a result for each item, in their order; of more than `most` it gets the rest in another go. */
  constructor(most: number, act: (items: readonly T[]) => readonly R[] | Promise<readonly R[]>) {
    this.#most = most
    this.#act = act
  }

  /** Adds an item and gives its place among the results that `done` says right now. */
  add(item: T): number {
    if (this.#items.length >= this.#most) this.#done = undefined
    if (!this.#done) {
      const items: T[] = []
      this.#items = items
      this.#done = this.#run(items)
    }
    return this.#items.push(item) - 1
  }

  /** The results of those that the last one added is among. */
  get done(): Promise<readonly R[]> {
    return this.#done!
  }

  async #run(items: readonly T[]): Promise<readonly R[]> {
    await undefined
    if (this.#items === items) this.#done = undefined
    return this.#act(items)
  }
}
