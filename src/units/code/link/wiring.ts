/** Something that is told the value of a binding: an importer's slot, or a view. */
export interface Listener {
  receive(slot: number, value: unknown): void
}

/** Something with exports whose values may change: an instance of a module, or a module of Node. */
export interface Exporter {
  /** @throws ReferenceError before the export is initialised */
  read(index: number): unknown
  /** the same for a namespace object: an error names the export */
  readMember(index: number): unknown
  /** whether it can be read without throwing */
  isReady(index: number): boolean
  /** whether importers have to listen */
  mayChange(index: number): boolean
  subscribe(index: number, listener: Listener, slot: number): void
  unsubscribe(index: number, listener: Listener, slot: number): void
}

/** Where a slot gets its value: an export, or a value that stays. */
export type Source =
  | { readonly instance: Exporter; readonly index: number }
  | { readonly instance?: undefined; readonly value: unknown }

/** The slots of one importer, and what each of them is connected to. */
export class Wiring {
  readonly #listener: Listener
  readonly #sources: (Source | undefined)[] = []

  constructor(listener: Listener) {
    this.#listener = listener
  }

  source(slot: number): Source | undefined {
    return this.#sources[slot]
  }

  /** Connects without delivering the value: the importer reads it when it starts. */
  connect(slot: number, source: Source | undefined): void {
    this.#drop(slot)
    this.#sources[slot] = source
    this.#take(slot)
  }

  /** Connects a running importer: it has the value when this returns. */
  rewire(slot: number, source: Source | undefined): void {
    this.connect(slot, source)
    this.deliver(slot)
  }

  deliver(slot: number): void {
    const source = this.#sources[slot]
    if (!source) return
    if (!source.instance) this.#listener.receive(slot, source.value)
    else if (source.instance.isReady(source.index)) {
      this.#listener.receive(slot, source.instance.read(source.index))
    }
  }

  /** The values of all slots; one that has none yet is delivered when it has. */
  values(): unknown[] {
    return this.#sources.map((source) => {
      if (!source) return undefined
      if (!source.instance) return source.value
      return source.instance.isReady(source.index) ? source.instance.read(source.index) : undefined
    })
  }

  deliverAll(): void {
    for (let slot = 0; slot < this.#sources.length; slot++) this.deliver(slot)
  }

  /** Stops listening; nothing keeps the importer alive any more. */
  suspend(): void {
    for (let slot = 0; slot < this.#sources.length; slot++) this.#drop(slot)
  }

  /** Listens again, with the values of now. */
  resume(): void {
    for (let slot = 0; slot < this.#sources.length; slot++) this.#take(slot)
    this.deliverAll()
  }

  #take(slot: number): void {
    const source = this.#sources[slot]
    if (source?.instance?.mayChange(source.index))
      source.instance.subscribe(source.index, this.#listener, slot)
  }

  #drop(slot: number): void {
    const source = this.#sources[slot]
    source?.instance?.unsubscribe(source.index, this.#listener, slot)
  }
}
