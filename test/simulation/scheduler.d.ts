export interface Memory {
  words: Int32Array
  floats: Float64Array
  actors: number
}

export class Scheduler {
  constructor(shared: Memory & { board: Int32Array }, me: number)
  static memory(actors: number): Memory
  at(actor: number, word: number): number
  awaitToken(): void
  release(): void
}
