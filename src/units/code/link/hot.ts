import type { HotContext, HotEvents, HotNamespace, HotUpdate } from './hot-types.ts'
import type { Instance } from './instance.ts'

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

  /** Calls the listeners of one of Vite's events. @returns what they threw */
  emit<E extends keyof HotEvents>(event: E, payload: HotEvents[E]): unknown[] {
    if (this.#records.size === 0) return []
    const callbacks = [...this.#records.values()].flatMap((record) => [
      ...(record.listeners.get(event) ?? []),
    ])
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

  /**
   * Once a swap is final: the old versions are disposed, then the acceptors called.
   * @param replaced instances that no longer run
   * @param evaluated ids of the modules that have a new version
   * @param namespaceOf the namespace of a module as it runs now
   * @returns what callbacks threw
   */
  settle(
    replaced: readonly Instance[],
    removed: ReadonlySet<string>,
    evaluated: ReadonlySet<string>,
    namespaceOf: (id: string) => object,
  ): unknown[] {
    if (this.#records.size === 0) return []
    const errors: unknown[] = []
    const old = replaced.flatMap((instance) => {
      const record = this.#records.get(instance)
      this.#records.delete(instance)
      return record ? [{ id: instance.id, record }] : []
    })
    for (const { id, record } of old) {
      errors.push(...callAll(record.disposers, this.#dataOf(id)))
      if (removed.has(id)) errors.push(...callAll(record.pruners, this.#dataOf(id)))
    }
    for (const { id, record } of old) {
      if (!removed.has(id)) errors.push(...callAll(record.self, namespaceOf(id) as HotNamespace))
    }
    for (const [instance, record] of this.#records) {
      if (!evaluated.has(instance.id)) errors.push(...this.#callAcceptors(record, evaluated, namespaceOf))
    }
    for (const id of removed) this.#data.delete(id)
    return errors
  }

  #callAcceptors(
    { acceptances }: HotRecord,
    evaluated: ReadonlySet<string>,
    namespaceOf: (id: string) => object,
  ): unknown[] {
    return acceptances
      .filter(({ ids }) => ids.some((id) => evaluated.has(id)))
      .flatMap(({ ids, many, callback }) => {
        const namespaces = ids.map(namespaceOf)
        return callAll([callback], many ? namespaces : namespaces[0])
      })
  }
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
