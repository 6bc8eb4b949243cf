import type { HotContext, HotEvents, HotNamespace, HotUpdate } from './hot-types.ts'
import type { Instance } from './instance.ts'
import type { Takers } from './takers.ts'

type Callback<T> = (value: T) => void
type Data = Record<string, unknown>

interface Acceptance {
  readonly ids: readonly string[]
  readonly many: boolean
  readonly callback: Callback<unknown>
}

/** What one instance asked for. */
class HotRecord {
  readonly self: Callback<HotNamespace>[] = []
  readonly acceptances: Acceptance[] = []
  readonly disposers: Callback<Data>[] = []
  readonly pruners: Callback<Data>[] = []
  readonly listeners = new Map<string, Set<Callback<unknown>>>()
  context: HotContext | undefined
}

/** What outlives the versions of the modules in one thread. */
export class HotRegistry {
  readonly #data = new Map<string, Data>()
  readonly #records = new Map<Instance, HotRecord>()
  readonly #invalidated = new Set<string>()
  readonly #onInvalidate: () => void

  constructor(onInvalidate: () => void) {
    this.#onInvalidate = onInvalidate
  }

  contextOf(instance: Instance): HotContext {
    const record = this.#records.get(instance) ?? new HotRecord()
    this.#records.set(instance, record)
    record.context ??= this.#makeContext(instance, record)
    return record.context
  }

  #makeContext(instance: Instance, record: HotRecord): HotContext {
    const { id } = instance
    const idOf = (specifier: string): string => instance.world.dynamicRequest(instance, specifier).id
    return {
      data: this.#dataOf(id),
      accept(what?: unknown, callback: Callback<never> = () => undefined): void {
        if (typeof what === 'function') record.self.push(what as Callback<HotNamespace>)
        if (typeof what !== 'string' && !Array.isArray(what)) return
        const ids = [what].flat().map(idOf)
        record.acceptances.push({ ids, many: Array.isArray(what), callback: callback as Callback<unknown> })
      },
      dispose: (callback) => void record.disposers.push(callback),
      decline: () => undefined,
      send: () => undefined,
      prune: (callback) => void record.pruners.push(callback),
      invalidate: (message) => {
        this.#invalidated.add(id)
        this.emit('vite:invalidate', { path: id, message })
        // While it is evaluated, whoever loads it asks when it is through.
        if (instance.phase === 'evaluated') this.#onInvalidate()
      },
      on: (event, callback) => {
        const listeners = record.listeners.get(event) ?? new Set()
        record.listeners.set(event, listeners.add(callback as Callback<unknown>))
      },
      off: (event, callback) => void record.listeners.get(event)?.delete(callback as Callback<unknown>),
    }
  }

  #dataOf(id: string): Data {
    const data = this.#data.get(id) ?? {}
    this.#data.set(id, data)
    return data
  }

  /** Modules that called `invalidate` since this was asked last. */
  takeInvalidated(): string[] {
    const ids = [...this.#invalidated]
    this.#invalidated.clear()
    return ids
  }

  /** What modules said while they were loaded for the first time: nobody runs who could be told. */
  dropInvalidated(ids: Iterable<string>): void {
    for (const id of ids) this.#invalidated.delete(id)
  }

  /**
   * Calls the listeners of one of Vite's events.
   * @param isDeaf instances that are not told @returns what they threw
   */
  emit<E extends keyof HotEvents>(
    event: E,
    payload: HotEvents[E],
    isDeaf: (instance: Instance) => boolean = () => false,
  ): unknown[] {
    const callbacks = [...this.#records].flatMap(([instance, { listeners }]) =>
      isDeaf(instance) ? [] : [...(listeners.get(event) ?? [])],
    )
    return callAll(callbacks, payload)
  }

  /** An instance that was never committed. */
  forget(instance: Instance): void {
    this.#records.delete(instance)
  }

  clear(): void {
    this.#records.clear()
    this.#data.clear()
  }

  /** Whether any module that runs has used `import.meta.hot`. */
  get isUsed(): boolean {
    return this.#records.size > 0
  }

  /**
   * Once a swap is final: the old versions are disposed, then those called that take the update.
   * @param replaced instances that no longer run
   * @param namespaceOf the namespace of a module as it runs now
   * @returns what callbacks threw
   */
  settle(
    replaced: readonly Instance[],
    removed: ReadonlySet<string>,
    takers: Takers,
    namespaceOf: (id: string) => object,
  ): unknown[] {
    const errors: unknown[] = []
    const old = new Map<string, HotRecord>()
    for (const instance of replaced) {
      const record = this.#records.get(instance)
      this.#records.delete(instance)
      if (record) old.set(instance.id, record)
    }
    for (const [id, { disposers }] of old) errors.push(...callAll(disposers, this.#dataOf(id)))
    for (const [id, { pruners }] of old) {
      if (removed.has(id)) errors.push(...callAll(pruners, this.#dataOf(id)))
    }
    // What was only rebound speaks for itself, what was replaced by its old version.
    const speaking = new Map([...this.#records].map(([{ id }, record]) => [id, record] as const))
    for (const [id, record] of old) speaking.set(id, record)
    for (const id of takers.self) {
      const record = removed.has(id) ? undefined : speaking.get(id)
      if (record) errors.push(...callAll(record.self, namespaceOf(id)))
    }
    for (const [{ id }, { acceptances }] of this.#records) {
      const updated = old.has(id) ? undefined : takers.imports.get(id)
      if (updated) errors.push(...callAcceptors(acceptances, updated, namespaceOf))
    }
    for (const id of removed) this.#data.delete(id)
    return errors
  }
}

function callAcceptors(
  acceptances: readonly Acceptance[],
  updated: ReadonlySet<string>,
  namespaceOf: (id: string) => object,
): unknown[] {
  return acceptances
    .filter(({ ids }) => ids.some((id) => updated.has(id)))
    .flatMap(({ ids, many, callback }) => {
      const namespaces = ids.map((id) => (updated.has(id) ? namespaceOf(id) : null))
      return callAll([callback], many ? namespaces : namespaces[0])
    })
}

/** @param ids modules that are evaluated anew */
export function updatePayload(ids: readonly string[]): HotEvents['vite:beforeUpdate'] {
  const timestamp = Date.now()
  const updates = ids.map((path): HotUpdate => ({ type: 'js-update', path, acceptedPath: path, timestamp }))
  return { type: 'update', updates }
}

export function errorPayload(error: unknown): HotEvents['vite:error'] {
  const {
    message,
    stack = '',
    ...more
  } = error instanceof Error ? error : { message: String(error), stack: '' }
  return { type: 'error', err: { ...more, message, stack, cause: error } }
}

function callAll<T>(callbacks: readonly Callback<T>[], value: T): unknown[] {
  const errors: unknown[] = []
  for (const callback of callbacks) {
    try {
      callback(value)
    } catch (error) {
      errors.push(error)
    }
  }
  return errors
}
