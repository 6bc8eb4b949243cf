/** Modules of Node, whose exports follow `syncBuiltinESMExports`. */
import { TickswapError } from '../../../errors.ts'
import { Subscriptions } from './subscriptions.ts'
import type { Exporter, Listener } from './wiring.ts'

/** One `node:` module in one thread. */
class BuiltinExports implements Exporter {
  readonly #module: object
  readonly #names: readonly string[]
  readonly #values: unknown[]
  readonly #subscriptions = new Subscriptions()

  constructor(module: object, names: readonly string[], namespace: Readonly<Record<string, unknown>>) {
    this.#module = module
    this.#names = names
    // The call that all others are about is always the one that is followed.
    this.#values = names.map((name) =>
      name === 'syncBuiltinESMExports' ? Reflect.get(module, name) : namespace[name],
    )
  }

  indexOf(name: string): number {
    return this.#names.indexOf(name)
  }

  read(index: number): unknown {
    return this.#values[index]
  }

  readMember(index: number): unknown {
    return this.#values[index]
  }

  isReady(): boolean {
    return true
  }

  mayChange(): boolean {
    return true
  }

  subscribe(index: number, listener: Listener, slot: number): void {
    this.#subscriptions.add(index, listener, slot)
  }

  unsubscribe(index: number, listener: Listener, slot: number): void {
    this.#subscriptions.delete(index, listener, slot)
  }

  /** Takes the values that the module has now. */
  sync(): void {
    for (const [index, name] of this.#names.entries()) {
      if (name === 'default') continue
      const value: unknown = Reflect.get(this.#module, name)
      if (Object.is(value, this.#values[index])) continue
      this.#values[index] = value
      this.#subscriptions.tell(index, value)
    }
  }
}

const known = new Map<string, BuiltinExports>()
let follows = false

/** The namespace of a `node:` module as hot modules see it in a loop that never yields. */
export function builtinNamespace(id: string): Readonly<Record<string, unknown>> {
  const module = builtinModule(id)
  const names = [...new Set([...Object.keys(module), 'default'])]
  const now = Object.fromEntries(
    names.map((name) => [name, name === 'default' ? module : Reflect.get(module, name)]),
  )
  const exports = exportsOf(id, names, now)
  const namespace: Record<string, unknown> = Object.create(null)
  for (const [index, name] of names.entries()) {
    Object.defineProperty(namespace, name, { get: () => exports.read(index), enumerable: true })
  }
  Object.defineProperty(namespace, Symbol.toStringTag, { value: 'Module' })
  return Object.freeze(namespace)
}

function exportsOf(
  id: string,
  names: readonly string[],
  namespace: Readonly<Record<string, unknown>>,
): BuiltinExports {
  follow()
  const exports = known.get(id) ?? new BuiltinExports(builtinModule(id), names, namespace)
  known.set(id, exports)
  return exports
}

/** The export of a `node:` module, as a slot can listen to it. */
export function builtinExport(
  id: string,
  name: string,
  namespace: Readonly<Record<string, unknown>>,
): { readonly instance: Exporter; readonly index: number } | undefined {
  const exports = exportsOf(id, Object.keys(namespace), namespace)
  const index = exports.indexOf(name)
  return index < 0 ? undefined : { instance: exports, index }
}

function builtinModule(id: string): object {
  const module: object | undefined = process.getBuiltinModule(id)
  if (module === undefined) throw new TickswapError('TICKSWAP_E_RESOLVE', `there is no module '${id}'`)
  return module
}

/** Node tells nobody of the call, so it has to come by here. */
function follow(): void {
  if (follows) return
  follows = true
  const module = process.getBuiltinModule('node:module')
  const native = module.syncBuiltinESMExports
  module.syncBuiltinESMExports = function syncBuiltinESMExports() {
    native()
    for (const exports of known.values()) exports.sync()
  }
}
