import type { Instance } from './instance.ts'

/** A module's exports, as callbacks get them. */
export type HotNamespace = Record<string, unknown>

/**
 * `import.meta.hot`, as Vite documents it, with one difference: the new version is
 * evaluated first, and the old one disposed when the swap is final. A callback never
 * gets undefined.
 */
export interface HotContext {
  /** kept from one version of the module to the next */
  readonly data: Record<string, unknown>
  accept(): void
  accept(callback: (module: HotNamespace) => void): void
  accept(dependency: string, callback: (module: HotNamespace) => void): void
  accept(dependencies: readonly string[], callback: (modules: HotNamespace[]) => void): void
  dispose(callback: (data: Record<string, unknown>) => void): void
  prune(callback: (data: Record<string, unknown>) => void): void
  /** Has the importers evaluated again: this version cannot be taken after all. */
  invalidate(message?: string): void
  on(event: string, callback: (payload: unknown) => void): void
  off(event: string, callback: (payload: unknown) => void): void
}

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
      prune: (callback) => void record.pruners.push(callback),
      invalidate: (message) => {
        this.#invalidated.add(id)
        this.emit('vite:invalidate', { path: id, message })
      },
      on: (event, callback) => {
        const listeners = record.listeners.get(event) ?? new Set()
        record.listeners.set(event, listeners.add(callback))
      },
      off: (event, callback) => void record.listeners.get(event)?.delete(callback),
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

  /** Calls listeners. @returns what they threw */
  emit(event: string, payload: unknown): unknown[] {
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
