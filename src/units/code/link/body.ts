import type { Script } from 'node:vm'
import { scriptOf } from '../compile.ts'
import { Wasm, type WasmModule } from '../content/webassembly.ts'
import { CommonJsBody } from './commonjs-body.ts'
import type { Instance } from './instance.ts'

/** The code of one instance, whatever kind of module it is. */
export interface Body {
  /** its slots can be written before it runs: it is in a circle of imports */
  readonly writesEarly: boolean
  /** makes the module's functions exist; a promise when the body awaits */
  start(): Promise<unknown> | undefined
  /** runs the module; a promise when the body awaits */
  run(values: unknown[]): Promise<unknown> | undefined
  /** gives a guarded slot its first value. @returns false when the slot is to be written as usual */
  open(slot: number, value: unknown): boolean
  /** the script, of a module that is one */
  readonly script?: Script
  /** what the script came to: the function around the module */
  readonly outer?: unknown
}

/**
 * `outer` is that of another instance of the same artifact. V8 keeps what it has learned of a function with the
 * function around it: code of two instances that share it is warm in both when one has run. `script` is compiled
 * already; V8 would keep a few bytes of each that it takes from a code cache, for good.
 */
export function bodyOf(instance: Instance, outer?: unknown, script?: Script): Body {
  const { kind, code, bytes } = instance.artifact
  switch (kind) {
    case 'esm':
      return new ScriptBody(instance, outer, script)
    case 'json':
      return new ValueBody(instance, () => JSON.parse(code))
    case 'raw':
      return new ValueBody(instance, () => code)
    case 'bytes':
      return new ValueBody(instance, () => Uint8Array.from(bytes!))
    case 'wasm':
      return new WasmBody(instance, bytes!)
    case 'cjs':
      return new CommonJsBody(instance, outer, script)
    default:
      return kind satisfies never
  }
}

/** A module that is one value, its default export. */
class ValueBody implements Body {
  readonly writesEarly = false
  readonly #instance: Instance
  readonly #make: () => unknown

  constructor(instance: Instance, make: () => unknown) {
    this.#instance = instance
    this.#make = make
  }

  start(): undefined {}

  run(): undefined {
    const value = this.#make()
    this.#instance.read = () => value
    this.#instance.commonJs = { exports: value }
  }

  open(): boolean {
    return false
  }
}

class WasmBody implements Body {
  readonly writesEarly = false
  readonly #instance: Instance
  readonly #module: WasmModule

  constructor(instance: Instance, bytes: Uint8Array) {
    this.#instance = instance
    this.#module = new Wasm.Module(Uint8Array.from(bytes))
  }

  start(): undefined {}

  run(values: unknown[]): undefined {
    const { slots, requests, locals } = this.#instance.artifact.links
    const imports: Record<string, Record<string, unknown>> = {}
    for (const [index, { request, name }] of slots.entries()) {
      const { specifier } = requests[request]!
      imports[specifier] ??= {}
      imports[specifier][name] = values[index]
    }
    const { exports } = new Wasm.Instance(this.#module, imports)
    this.#instance.read = (index) => exports[locals[index]!.name]
  }

  open(): boolean {
    return false
  }
}

type Steps = Generator<undefined, void> | AsyncGenerator<undefined, void>

/**
 * What a module's script talks to. The names are short because they stand in the
 * script's first line; `transform/module-text.ts` writes them.
 */
class Handle {
  readonly #instance: Instance
  readonly guardWriters: ((value: unknown) => void)[] = []
  /** values of the slots, read when the body starts */
  v: unknown[] = []

  constructor(instance: Instance) {
    this.#instance = instance
  }

  /** links: hands over the reader of exports and the writer of slots */
  l(read: ((index: number) => unknown) | 0, write: ((slot: number, value: unknown) => void) | 0): void {
    if (read) this.#instance.read = read
    if (write) this.#instance.write = write
  }

  /** a guarded slot exists from now on, and is written by `write` */
  s(slot: number, write: (value: unknown) => void): void {
    this.guardWriters[slot] = write
  }

  /** notifies of an export that was written to */
  n(index: number, value: unknown): void {
    this.#instance.publish(index, value)
  }

  /** publishes exports that have their first value. @returns something that can be destructured */
  p(...indexes: number[]): true {
    for (const index of indexes) this.#instance.publish(index, this.#instance.read(index))
    return true
  }

  /** its argument: `c(ns.f)()` calls without a `this` */
  c(value: unknown): unknown {
    return value
  }

  /** after a direct `eval`, which may have written to any export */
  e(value: unknown): unknown {
    this.#instance.publishAll()
    return value
  }

  /** names an anonymous default function */
  name(value: object): void {
    Object.defineProperty(value, 'name', { value: 'default', configurable: true })
  }

  /** `import.meta` */
  get m(): object {
    return this.#instance.meta
  }

  /** `import()` */
  d(specifier: unknown, options?: unknown): Promise<unknown> {
    return this.#instance.world.importDynamically(this.#instance, specifier, options)
  }
}

class ScriptBody implements Body {
  readonly script?: Script
  readonly outer: unknown
  readonly #handle: Handle
  readonly #steps: Steps
  readonly #guards: Map<number, Generator> | undefined
  readonly writesEarly: boolean

  constructor(instance: Instance, outer?: unknown, script?: Script) {
    this.writesEarly = instance.artifact.links.circular
    this.#handle = new Handle(instance)
    if (outer === undefined) this.script = script ?? scriptOf(instance.artifact)
    this.outer = outer ?? this.script!.runInThisContext()
    let make = this.outer as (handle: Handle) => Generator
    for (const [slot, { guarded }] of instance.artifact.links.slots.entries()) {
      if (!guarded) continue
      const guard = make(this.#handle)
      this.#guards ??= new Map()
      this.#guards.set(slot, guard)
      make = guard.next().value
    }
    this.#steps = make(this.#handle) as Steps
  }

  start(): Promise<unknown> | undefined {
    return this.#step()
  }

  run(values: unknown[]): Promise<unknown> | undefined {
    this.#handle.v = values
    const running = this.#step()
    if (!this.writesEarly) this.#handle.v = []
    return running
  }

  open(slot: number, value: unknown): boolean {
    const guard = this.#guards?.get(slot)
    if (guard) {
      this.#guards!.delete(slot)
      this.#handle.v[slot] = value
      guard.next()
      return true
    }
    const write = this.#handle.guardWriters[slot]
    write?.(value)
    return write !== undefined
  }

  #step(): Promise<unknown> | undefined {
    const step = this.#steps.next()
    return step instanceof Promise ? step : undefined
  }
}
