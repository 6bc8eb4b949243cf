import { TickswapError } from '../errors.ts'
import { type Backend, checkKey, type Entry, type Op, type Range } from './backends/contract.ts'

/** What a transaction's function reads and writes by. */
export interface Transaction {
  /** as the transaction itself left it, or else as all earlier ones did */
  get(key: string): Uint8Array | undefined
  /** as `get`; see Backend.has */
  has(key: string): boolean
  put(key: string, value: Uint8Array): void
  remove(key: string): void
}

interface Group {
  readonly ops: Map<string, Uint8Array | undefined>
  bytes: number
  readonly done: Promise<void>
  resolve(): void
  reject(error: unknown): void
}

/** Transactions that wait for the disk together are written together, up to this much. */
const SYSTEM = 's/'
const GROUP_BYTES = 16 * 2 ** 20

/**
 * Transactions over several keys, on any backend. Their functions are synchronous and run one after the other, each
 * on what the ones before it left; those that come while the disk is busy share the next write. A function that
 * throws has changed nothing: its writes were only ever its own.
 */
export class Transactor {
  readonly #isReadOnly: boolean
  #backend: Backend
  readonly #unwritten: Group[] = []
  /** the latest values of the store's own few records, which most transactions read */
  readonly #recent = new Map<string, Uint8Array>()
  readonly #turns: (() => Promise<void>)[] = []
  #beingWritten: Group | undefined
  #running: Promise<void> | undefined
  #mirror: { readonly backend: Backend; failed(error: unknown): void } | undefined

  constructor(backend: Backend, isReadOnly = false) {
    this.#backend = backend
    this.#isReadOnly = isReadOnly
  }

  get backend(): Backend {
    return this.#backend
  }

  /** The latest value, be it that it is still on its way to the disk: a copy, but for those under SYSTEM. */
  get(key: string): Uint8Array | undefined {
    for (let i = this.#unwritten.length - 1; i >= 0; i--) {
      const { ops } = this.#unwritten[i]!
      if (!ops.has(key)) continue
      const value = ops.get(key)
      // The memory of a record is somebody else's as soon as it is written; of the few of the store itself it is not.
      return value === undefined || key.startsWith(SYSTEM) ? value : new Uint8Array(value)
    }
    return (key.startsWith(SYSTEM) ? this.#recent.get(key) : undefined) ?? this.#backend.get(key)
  }

  /** The same of whether there is one. */
  has(key: string): boolean {
    for (let i = this.#unwritten.length - 1; i >= 0; i--) {
      const { ops } = this.#unwritten[i]!
      if (ops.has(key)) return ops.get(key) !== undefined
    }
    return this.#backend.has(key)
  }

  /** What is on disk. */
  page(range: Range): Promise<Entry[]> {
    return this.#backend.page(range)
  }

  /**
   * Resolves with what `act` returned when everything it wrote is on disk. `act` must not be async.
   * @throws what `act` throws, with nothing written; TickswapError STORE_WRITE, the same
   */
  async transaction<T>(act: (tx: Transaction) => T): Promise<T> {
    const own = new Map<string, Uint8Array | undefined>()
    const result = act({
      get: (key) => (own.has(key) ? own.get(key) : this.get(key)),
      has: (key) => (own.has(key) ? own.get(key) !== undefined : this.has(key)),
      put(key, value) {
        checkKey(key)
        own.set(key, value)
      },
      remove(key) {
        checkKey(key)
        own.set(key, undefined)
      },
    })
    if (result instanceof Promise) {
      // Nobody will wait for it any more, and it must not take the process down.
      result.catch(() => {})
      throw new TickswapError('TICKSWAP_E_INTERNAL', 'the function of a transaction is async')
    }
    if (own.size > 0 && this.#isReadOnly)
      throw new TickswapError('TICKSWAP_E_STORE_READ_ONLY', 'the store was opened for reading')
    if (own.size > 0) await this.#commit(own)
    return result
  }

  /** Runs `act` between two writes: nothing changes while it works. */
  exclusively<T>(act: (backend: Backend) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#turns.push(() => act(this.#backend).then(resolve, reject))
      this.#start()
    })
  }

  /** From now on every write goes to both. A mirror that fails is let go of, and `failed` is told. */
  mirrorTo(mirror: Backend | undefined, failed: (error: unknown) => void = () => {}): void {
    this.#mirror = mirror && { backend: mirror, failed }
  }

  /** From the next write on everything is read from and written to another backend. Call it inside `exclusively`. */
  switchTo(backend: Backend): void {
    this.#backend = backend
    this.#mirror = undefined
  }

  /** Resolves when everything that was begun is on disk, or has failed. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running
  }

  #commit(own: ReadonlyMap<string, Uint8Array | undefined>): Promise<void> {
    let group = this.#unwritten.at(-1)
    if (!group || group === this.#beingWritten || group.bytes >= GROUP_BYTES) {
      group = newGroup()
      this.#unwritten.push(group)
    }
    for (const [key, value] of own) {
      group.ops.set(key, value)
      group.bytes += value?.length ?? 0
    }
    this.#start()
    return group.done
  }

  #remember(ops: readonly Op[]): void {
    for (const [key, value] of ops) {
      if (!key.startsWith(SYSTEM)) continue
      if (value) this.#recent.set(key, value)
      else this.#recent.delete(key)
    }
  }

  #start(): void {
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    // What is begun in the same turn shares a write.
    await undefined
    for (;;) {
      const turn = this.#turns.shift()
      const group = this.#unwritten[0]
      if (turn) await turn()
      else if (group) await this.#write(group)
      else break
    }
    this.#running = undefined
  }

  async #write(group: Group): Promise<void> {
    this.#beingWritten = group
    const ops: Op[] = [...group.ops]
    try {
      await this.#backend.write(ops)
    } catch (cause) {
      this.#beingWritten = undefined
      // Whoever came later may have read what was not written.
      for (const failed of this.#unwritten.splice(0)) failed.reject(writeError(cause))
      return
    }
    this.#remember(ops)
    this.#unwritten.shift()
    this.#beingWritten = undefined
    await this.#mirror?.backend.write(ops).catch((error) => {
      this.#mirror?.failed(error)
      this.#mirror = undefined
    })
    group.resolve()
  }
}

function newGroup(): Group {
  const { promise, resolve, reject } = deferred()
  return { ops: new Map(), bytes: 0, done: promise, resolve, reject }
}

function deferred() {
  let [resolve, reject]: [() => void, (error: unknown) => void] = [() => {}, () => {}]
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

function writeError(cause: unknown): TickswapError {
  const { message, code } = cause as { message: string; code?: unknown }
  const isFull = /ENOSPC|No space left|MDB_MAP_FULL|disk full/i.test(`${code} ${message} ${causeOf(cause)}`)
  const what = `cannot write: ${message}`
  return new TickswapError(isFull ? 'TICKSWAP_E_STORE_FULL' : 'TICKSWAP_E_STORE_WRITE', what, {}, { cause })
}

const causeOf = (error: unknown): string => String((error as { cause?: unknown }).cause ?? '')
