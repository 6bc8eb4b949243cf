import type { Script } from 'node:vm'
import type { Artifact } from '../artifact.ts'
import { type Body, bodyOf } from './body.ts'
import { Subscriptions } from './subscriptions.ts'
import { type Exporter, type Listener, Wiring } from './wiring.ts'
import type { World } from './world.ts'

/** linked: its functions exist. evaluated: its body has run to the end. */
type Phase = 'new' | 'linked' | 'running' | 'evaluated'

/** One evaluation of one version of a module. */
export class Instance implements Listener, Exporter {
  readonly artifact: Artifact
  readonly wiring = new Wiring(this)
  /** where its imports are looked up: the candidate's world until the commit, then the running one */
  world: World
  /** the value of an export, by its index. @throws ReferenceError before it is initialised */
  read: (index: number) => unknown = () => undefined
  /** what `require` gives, of a CommonJS or JSON module */
  commonJs: { readonly exports: unknown } = { exports: undefined }
  /** sets the variable of a slot */
  write: (slot: number, value: unknown) => void = () => undefined
  /** whether it waits for modules it imports, after which it runs by itself */
  isQueued = false
  #phase: Phase = 'new'
  #body: Body | undefined
  readonly #outer: unknown
  readonly #script: Script | undefined
  readonly #subscriptions = new Subscriptions()
  #meta: object | undefined
  #waiting: PromiseWithResolvers<void> | undefined
  #failure: { readonly error: unknown } | undefined

  /**
   * @param like another instance of the same artifact, whose code it shares, with what V8 has learned of it
   * @param before one that it shares only the compiled script with: V8 learns anew
   */
  constructor(artifact: Artifact, world: World, like?: Instance, before?: Instance) {
    this.artifact = artifact
    this.world = world
    if (like) this.#outer = like.#body?.outer
    if (before?.artifact.links === artifact.links) this.#script = before.#body?.script
  }

  get id(): string {
    return this.artifact.id
  }

  /** V8's code cache with all functions that have been called by now. */
  codeCache(): Uint8Array | undefined {
    return this.#body?.script?.createCachedData()
  }

  get phase(): Phase {
    return this.#phase
  }

  get meta(): object {
    this.#meta ??= this.world.metaOf(this)
    return this.#meta
  }

  /** Compiles, and runs up to the point where the module's functions exist. */
  link(): Promise<unknown> | undefined {
    this.#body = bodyOf(this, this.#outer, this.#script)
    const started = this.#body.start()
    this.#phase = 'linked'
    return started
  }

  /** Runs the body. @returns a promise when the body awaits */
  evaluate(): Promise<unknown> | undefined {
    const body = this.#body!
    if (body.writesEarly) this.wiring.deliverAll()
    const values = body.writesEarly ? [] : this.wiring.values()
    this.#phase = 'running'
    return body.run(values)
  }

  /** Resolves when the body is through. @throws what the body throws */
  async finished(): Promise<void> {
    if (this.#failure) throw this.#failure.error
    if (this.#phase === 'evaluated') return
    this.#waiting ??= withResolvers()
    return this.#waiting.promise
  }

  /** What its evaluation, or that of a module it imports, threw. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure
  }

  /** Whether its evaluation, or that of a module it imports, threw. */
  get hasFailed(): boolean {
    return this.#failure !== undefined
  }

  /** Whether its evaluation has begun, or will without anybody doing anything. */
  get hasBegun(): boolean {
    return this.isQueued || this.#phase === 'running' || this.#phase === 'evaluated'
  }

  /** Whether its evaluation has begun, or waits to, and is not over. */
  get isPending(): boolean {
    return this.#phase !== 'evaluated' && !this.hasFailed
  }

  fail(error: unknown): void {
    this.#failure = { error }
    this.#waiting?.reject(error)
  }

  /** The body is through: everybody who waited gets the final values. */
  finish(): void {
    this.#phase = 'evaluated'
    this.#waiting?.resolve()
    for (const index of this.#subscriptions.indexes()) {
      this.publish(index, this.read(index))
      if (!this.#isLive(index)) this.#subscriptions.clear(index)
    }
  }

  readMember(index: number): unknown {
    if (this.#phase === 'evaluated') return this.read(index)
    try {
      return this.read(index)
    } catch (error) {
      const { name, local } = this.artifact.links.locals[index]!
      if (local !== '*default*') throw error
      throw new ReferenceError(`Cannot access '${name}' before initialization`)
    }
  }

  /** Whether an export can be read without throwing. */
  isReady(index: number): boolean {
    if (this.#phase === 'evaluated') return true
    if (this.#phase === 'new') return false
    try {
      this.read(index)
      return true
    } catch {
      return false
    }
  }

  /** Whether importers of an export have to listen. */
  mayChange(index: number): boolean {
    return this.#phase !== 'evaluated' || this.#isLive(index)
  }

  receive(slot: number, value: unknown): void {
    if (this.#phase === 'running' || this.#phase === 'evaluated' || this.#body?.writesEarly) {
      if (!this.#body?.open(slot, value)) this.write(slot, value)
    }
  }

  /** Tells importers the value of an export. */
  publish(index: number, value: unknown): void {
    this.#subscriptions.tell(index, value)
  }

  /** Tells importers the values that there are by now. */
  publishAll(): void {
    for (const index of this.#subscriptions.indexes()) {
      if (this.isReady(index)) this.publish(index, this.read(index))
    }
  }

  subscribe(index: number, listener: Listener, slot: number): void {
    this.#subscriptions.add(index, listener, slot)
  }

  unsubscribe(index: number, listener: Listener, slot: number): void {
    this.#subscriptions.delete(index, listener, slot)
  }

  #isLive(index: number): boolean {
    return this.artifact.links.locals[index]!.live
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

function withResolvers(): PromiseWithResolvers<void> {
  let resolve!: () => void
  let reject!: (error: unknown) => void
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
