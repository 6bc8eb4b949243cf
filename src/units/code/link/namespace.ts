import type { Namespace } from './externals.ts'
import { type Exporter, type Listener, Wiring } from './wiring.ts'
import { sourceAt, type World } from './world.ts'

/**
 * A module's namespace object, as the language has it. It reads through a world, so
 * one that was kept follows the swaps; the names it was made with stay.
 */
export class ModuleNamespace implements ProxyHandler<object>, Listener {
  readonly object: object
  readonly names: readonly string[]
  world: World
  /** Keeps the values behind the proxy those of now: who prints a proxy looks behind it. */
  readonly wiring = new Wiring(this)
  readonly #id: string
  readonly #shape: Record<string, unknown>

  constructor(id: string, world: World) {
    this.#id = id
    this.world = world
    this.names = world.resolution.names(id)
    const shape: Record<string, unknown> = Object.create(null)
    for (const name of this.names) {
      Object.defineProperty(shape, name, { value: undefined, writable: true, enumerable: true })
    }
    Object.defineProperty(shape, Symbol.toStringTag, { value: 'Module' })
    this.#shape = Object.preventExtensions(shape)
    this.object = new Proxy(shape, this)
    for (const [slot, name] of this.names.entries()) {
      const origin = world.resolution.member(id, name)
      if (origin.kind === 'local') this.wiring.rewire(slot, sourceAt(world, origin))
    }
  }

  receive(slot: number, value: unknown): void {
    this.#shape[this.names[slot]!] = value
  }

  /** Puts in what is no module's variable: namespaces, which may lead back to this one, and packages. */
  showOthers(): void {
    for (const [slot, name] of this.names.entries()) {
      const origin = this.world.resolution.member(this.#id, name)
      // A package that has not run yet does so in its turn.
      if (origin.kind === 'external' && !this.world.externals.has(origin.id)) continue
      if (origin.kind !== 'local') this.wiring.rewire(slot, sourceAt(this.world, origin))
    }
  }

  get(shape: object, key: string | symbol): unknown {
    if (typeof key === 'symbol') return Reflect.get(shape, key)
    return key in shape ? this.#read(key) : undefined
  }

  /** Nobody writes to it; what inherits from it gets a property of its own, as V8 has it. */
  set(shape: object, key: string | symbol, value: unknown, receiver: object): boolean {
    if (receiver === this.object || (typeof key === 'symbol' && key in shape)) return false
    const own = Reflect.getOwnPropertyDescriptor(receiver, key)
    if (!own) {
      return Reflect.defineProperty(receiver, key, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      })
    }
    return own.writable === true && Reflect.defineProperty(receiver, key, { value })
  }

  getOwnPropertyDescriptor(shape: object, key: string | symbol): PropertyDescriptor | undefined {
    const descriptor = Reflect.getOwnPropertyDescriptor(shape, key)
    if (descriptor && typeof key === 'string') descriptor.value = this.#read(key)
    return descriptor
  }

  defineProperty(shape: object, key: string | symbol, asked: PropertyDescriptor): boolean {
    const current = this.getOwnPropertyDescriptor(shape, key)
    if (!current) return false
    if ('get' in asked || 'set' in asked || asked.configurable === true) return false
    if (asked.enumerable !== undefined && asked.enumerable !== current.enumerable) return false
    if (asked.writable !== undefined && asked.writable !== current.writable) return false
    return !('value' in asked) || Object.is(asked.value, current.value)
  }

  setPrototypeOf(_shape: object, prototype: object | null): boolean {
    return prototype === null
  }

  #read(name: string): unknown {
    const source = sourceAt(this.world, this.world.resolution.member(this.#id, name))
    if (!source) return undefined
    return source.instance ? source.instance.readMember(source.index) : source.value
  }
}

/** The namespace object of a module among those of a world; made when it is first asked for. */
export function namespaceIn(known: Map<string, ModuleNamespace>, id: string, world: World): object {
  let namespace = known.get(id)
  if (!namespace) {
    namespace = new ModuleNamespace(id, world)
    known.set(id, namespace)
    namespace.showOthers()
  }
  return namespace.object
}

/** Objects without inherited names that V8 keeps in its fast form, which `Object.create(null)` does not. */
class Bare {
  readonly [name: string]: unknown
}
Object.setPrototypeOf(Bare.prototype, null)
Reflect.deleteProperty(Bare.prototype, 'constructor')

/**
 * The plain twins of a namespace: objects with the current values as properties, for
 * `ns.name` and `ns.name()` in hot code.
 */
export class ModuleView implements Listener {
  readonly object: Record<string, unknown> = new Bare()
  readonly wiring = new Wiring(this)
  readonly #id: string
  readonly #names: readonly string[]
  #calls: Record<string, unknown> | undefined
  world: World

  constructor(id: string, world: World) {
    this.#id = id
    this.world = world
    this.#names = world.resolution.names(id)
    for (const [slot, name] of this.#names.entries()) {
      const origin = world.resolution.member(id, name)
      if (origin.kind === 'external' && !origin.id.startsWith('node:')) {
        this.#readThrough(name, origin)
        continue
      }
      const source = sourceAt(world, origin)
      if (source?.instance) this.#defer(name, source.instance, source.index)
      this.wiring.rewire(slot, source)
    }
  }

  /** The twin for calls: functions that mention `this` find the namespace there. */
  get calls(): Record<string, unknown> {
    if (this.#calls) return this.#calls
    const calls: Record<string, unknown> = new Bare()
    for (const name of this.#names) {
      const { get, value } = Object.getOwnPropertyDescriptor(this.object, name) ?? {}
      if (get) define(calls, name, this.#callables(get))
      else calls[name] = this.#callable(value)
    }
    this.#calls = calls
    return calls
  }

  receive(slot: number, value: unknown): void {
    const name = this.#names[slot]!
    put(this.object, name, value)
    if (this.#calls) put(this.#calls, name, this.#callable(value))
  }

  /** What a getter gives, to be called. */
  #callables(get: () => unknown): () => unknown {
    let known: unknown
    let callable: unknown
    return () => {
      const value = get()
      if (value !== known) callable = this.#callable(value)
      known = value
      return callable
    }
  }

  #callable(value: unknown): unknown {
    if (typeof value !== 'function' || !MAY_USE_THIS.test(Function.prototype.toString.call(value)))
      return value
    return value.bind(this.world.namespace(this.#id))
  }

  /** Until there is a value, reading throws what reading the variable throws. */
  #defer(name: string, instance: Exporter, index: number): void {
    if (instance.isReady(index)) return
    define(this.object, name, () => instance.readMember(index))
  }

  /** What a package exports may change without a word, and the package may have yet to run. */
  #readThrough(name: string, origin: { readonly id: string; readonly name: string }): void {
    const { externals } = this.world
    let namespace: Namespace | undefined
    define(this.object, name, () => {
      namespace ??= externals.get(origin.id)
      return namespace[origin.name]
    })
  }
}

function define(object: object, name: string, get: () => unknown): void {
  Object.defineProperty(object, name, { get, enumerable: true, configurable: true })
}

const MAY_USE_THIS = /\b(?:this|eval)\b|\[native code\]/

/** Sets a property that may still be a getter. */
function put(object: Record<string, unknown>, name: string, value: unknown): void {
  const isAccessor = Object.getOwnPropertyDescriptor(object, name)?.get !== undefined
  if (!isAccessor) object[name] = value
  else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
}
