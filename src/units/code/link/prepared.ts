import type { Artifact, GraphUpdate, Request } from '../artifact.ts'
import { evaluationOrder } from '../graph.ts'
import { asImportError } from '../loader-error.ts'
import { Resolution } from '../resolution.ts'
import { AsyncEvaluation, evaluateOne, refuseAwait } from './evaluation.ts'
import type { Externals } from './externals.ts'
import { updatePayload } from './hot.ts'
import { Instance } from './instance.ts'
import { type ModuleNamespace, ModuleView, namespaceIn } from './namespace.ts'
import { Packages } from './packages.ts'
import { requireModule } from './require.ts'
import type { RunningWorld } from './running-world.ts'
import { type Takers, takersOf } from './takers.ts'
import { Twin } from './twin.ts'
import type { Source, Wiring } from './wiring.ts'
import { nodeIn, sourceOf, type World } from './world.ts'

/** A slot of a running importer that the commit rewires. */
interface Patch {
  readonly wiring: Wiring
  readonly slot: number
  readonly before: Source | undefined
  readonly after: Source | undefined
}

/** What the commit put into the running world, with what was there before. */
interface Replaced {
  readonly instances: readonly (readonly [string, Instance | undefined])[]
  readonly artifacts: readonly (readonly [string, Artifact | undefined])[]
  readonly namespaces: readonly (readonly [string, ModuleNamespace | undefined])[]
  readonly views: readonly (readonly [string, ModuleView | undefined])[]
  readonly resolution: Resolution
}

/**
 * New instances, evaluated beside the running ones. Until `commit`, which evaluates
 * and compiles nothing, the running program does not notice them.
 */
export class Prepared implements World {
  readonly resolution: Resolution
  readonly #running: RunningWorld
  readonly #artifacts: ReadonlyMap<string, Artifact>
  readonly #removed: ReadonlySet<string>
  readonly #instances = new Map<string, Instance>()
  readonly #namespaces = new Map<string, ModuleNamespace>()
  readonly #views = new Map<string, ModuleView>()
  readonly #touched = new Map<string, boolean>()
  readonly #patches: Patch[] = []
  readonly #order: Instance[] = []
  readonly #rebind: readonly string[]
  #replaced: Replaced | undefined
  /** what listeners of updates threw */
  readonly #listenerErrors: unknown[] = []
  #state: 'open' | 'committed' | 'settled' | 'discarded' = 'open'

  constructor(running: RunningWorld, update: GraphUpdate) {
    this.#running = running
    this.#artifacts = new Map(update.artifacts.map((artifact) => [artifact.id, artifact]))
    this.#removed = new Set(update.removed)
    this.#rebind = update.rebind
    this.resolution = new Resolution({
      links: (id) => this.artifact(id)?.links,
      externalNames: (id) => running.externals.names(id),
    })
    const lazy = new Set(update.lazy)
    for (const id of update.evaluate) {
      if (lazy.has(id) && !running.instance(id)) continue
      this.#addInstance(id)
    }
  }

  get externals(): Externals {
    return this.#running.externals
  }

  /** Ids of the modules that were evaluated. */
  get evaluated(): readonly string[] {
    return this.#order.map((instance) => instance.id)
  }

  /** The code cache of an evaluated module, with the functions that have run: made after a rehearsal, it is warm. */
  codeCache(id: string): Uint8Array | undefined {
    return this.#instances.get(id)?.codeCache()
  }

  /** A second copy of modules and of all that they import, which shares their code and nothing else. */
  twin(ids: readonly string[]): Twin {
    return new Twin(this, ids)
  }

  instance(id: string): Instance | undefined {
    if (this.#removed.has(id)) return undefined
    return this.#instances.get(id) ?? this.#running.instance(id)
  }

  artifact(id: string): Artifact | undefined {
    if (this.#removed.has(id)) return undefined
    return this.#artifacts.get(id) ?? this.#running.artifact(id)
  }

  /** The namespace a module will have after the commit. */
  namespace(id: string): object {
    if (!this.#isTouched(id)) return this.#running.namespace(id)
    return namespaceIn(this.#namespaces, id, this)
  }

  view(id: string): ModuleView {
    if (!this.#isTouched(id)) return this.#running.view(id)
    const view = this.#views.get(id) ?? new ModuleView(id, this)
    this.#views.set(id, view)
    return view
  }

  dynamicRequest(instance: Instance, asked: unknown, options?: unknown): Request {
    return this.#running.dynamicRequest(instance, asked, options)
  }

  metaOf(instance: Instance): object {
    return this.#running.metaOf(instance)
  }

  async importDynamically(instance: Instance, asked: unknown, options?: unknown): Promise<unknown> {
    const { kind, id, type } = this.#running.dynamicRequest(instance, asked, options)
    return kind === 'hot' ? this.#importHot(id) : this.externals.load(id, type)
  }

  /** `import()` while the candidate is evaluated: what it leads to belongs to the candidate. */
  async #importHot(id: string): Promise<object> {
    if (this.#state !== 'open') return this.#running.importHot(id)
    if (!this.artifact(id)) await this.#loadMissing(id)
    const instance = this.instance(id)
    if (instance) await instance.finished()
    else await this.#extend(id)
    return this.namespace(id)
  }

  async #loadMissing(id: string): Promise<void> {
    try {
      await this.#running.loadMissing(id)
    } catch (error) {
      throw asImportError(error)
    }
  }

  async #extend(id: string): Promise<void> {
    const order = evaluationOrder([id], (each) => nodeIn(this, each))
    for (const each of order) if (this.instance(each)?.hasFailed) await this.instance(each)!.finished()
    const added = order.filter((each) => !this.instance(each)).map((each) => this.#addInstance(each))
    try {
      await this.#evaluate(added)
    } catch (error) {
      this.#dropUnfinished(added, error)
      throw error
    }
  }

  /** After an `import()` that failed: who waits for a module that failed has failed, the others are as if new. */
  #dropUnfinished(added: readonly Instance[], error: unknown): void {
    for (const instance of added) {
      if (instance.phase === 'evaluated' || instance.hasFailed) continue
      if (instance.artifact.imports.some((each) => this.instance(each)?.hasFailed)) instance.fail(error)
      else if (instance.phase === 'linked' || instance.phase === 'new') {
        instance.fail(error)
        instance.wiring.suspend()
        this.#instances.delete(instance.id)
        this.#order.splice(this.#order.indexOf(instance), 1)
      }
    }
  }

  requireHot(id: string): Instance | undefined {
    const artifact = this.artifact(id)
    if (artifact?.kind === 'esm') return requireModule(this, id, (each) => this.#addInstance(each))
    if (artifact?.kind !== 'cjs' && artifact?.kind !== 'json') return undefined
    const instance = this.instance(id) ?? this.#addInstance(id)
    if (instance.phase === 'new') instance.link()
    evaluateOne(instance)
    return instance
  }

  #addInstance(id: string): Instance {
    const instance = new Instance(this.artifact(id)!, this, undefined, this.#running.instance(id))
    this.#instances.set(id, instance)
    this.#order.push(instance)
    return instance
  }

  /** Links, evaluates and works out the commit, without yielding. */
  evaluateSync(): this {
    return this.#guarded(() => {
      const order = [...this.#order]
      refuseAwait(order)
      const packages = new Packages(this, order)
      packages.loadFirstSync()
      packages.link()
      for (const step of packages.steps()) {
        if (step instanceof Instance) evaluateOne(step)
        else packages.loadSync(step)
      }
      this.#collectPatches()
      return this
    })
  }

  async evaluateAsync(): Promise<this> {
    try {
      await this.#evaluate([...this.#order])
      this.#collectPatches()
      return this
    } catch (error) {
      this.discard()
      throw error
    }
  }

  /**
   * After a first evaluation that failed: the modules that are through, or on the way, run
   * on, as they do in Node. @returns the modules that failed, or that import one that did
   */
  salvage(): ReadonlySet<string> {
    const lost = new Set(this.#order.filter((each) => each.hasFailed).map(({ id }) => id))
    for (let before = -1; before !== lost.size; ) {
      before = lost.size
      for (const { id, artifact } of this.#order) {
        if (artifact.imports.some((each) => lost.has(each))) lost.add(id)
      }
    }
    for (const instance of this.#order) {
      if (lost.has(instance.id) || !instance.hasBegun) continue
      instance.world = this.#running
      this.#running.instances.set(instance.id, instance)
      instance.wiring.resume()
    }
    for (const [id, namespace] of this.#namespaces) {
      if (!this.#running.instance(id)) continue
      namespace.world = this.#running
      this.#running.namespaces.set(id, namespace)
    }
    return lost
  }

  #guarded<T>(step: () => T): T {
    try {
      return step()
    } catch (error) {
      this.discard()
      throw error
    }
  }

  async #evaluate(order: readonly Instance[]): Promise<void> {
    const packages = new Packages(this, order)
    await packages.loadFirst()
    await Promise.all(packages.link())
    const evaluation = new AsyncEvaluation(order)
    for (const step of packages.steps()) {
      if (!(step instanceof Instance)) await packages.load(step)
      else if (!evaluation.begin(step)) break
    }
    await evaluation.finished()
  }

  /** Whether a module's names lead to something new. */
  #isTouched(id: string): boolean {
    const known = this.#touched.get(id)
    if (known !== undefined) return known
    const touched = this.#leadsToNew(id)
    this.#touched.set(id, touched)
    return touched
  }

  #leadsToNew(id: string): boolean {
    if (this.#removed.has(id)) return true
    if (this.#instances.has(id) || this.#artifacts.has(id) || !this.#running.artifact(id)) return true
    const before = this.#running.resolution.names(id)
    const after = this.resolution.names(id)
    if (before.length !== after.length || before.some((name, index) => name !== after[index])) return true
    return after.some((name) => {
      const origin = this.resolution.member(id, name)
      return (origin.kind === 'local' || origin.kind === 'namespace') && this.#instances.has(origin.id)
    })
  }

  /** Namespaces and views that do not show what will run; they are made anew when they are asked for. */
  #stale(running: ReadonlyMap<string, unknown>, own: ReadonlyMap<string, unknown>): Set<string> {
    const stale = new Set<string>()
    for (const id of running.keys()) if (this.#touched.get(id) && !own.has(id)) stale.add(id)
    return stale
  }

  #collectPatches(): void {
    for (const id of this.#running.namespaces.keys()) this.#isTouched(id)
    for (const id of this.#running.views.keys()) this.#isTouched(id)
    for (const id of this.#rebind) {
      const importer = this.#running.instance(id)
      if (!importer || this.#instances.has(id)) continue
      for (const [slot, description] of importer.artifact.links.slots.entries()) {
        const before = importer.wiring.source(slot)
        const after = sourceOf(this, id, description)
        if (!sameSource(before, after)) this.#patches.push({ wiring: importer.wiring, slot, before, after })
      }
    }
  }

  /** Makes the new instances the running ones, and every importer use them. Fast enough for a tick. */
  commit(): void {
    if (this.#state !== 'open') return
    this.#state = 'committed'
    const running = this.#running
    if (this.#isUpdate() && running.hot.isUsed) {
      const isNew = (instance: Instance): boolean => this.#instances.get(instance.id) === instance
      const payload = updatePayload(this.evaluated)
      this.#listenerErrors.push(...running.hot.emit('vite:beforeUpdate', payload, isNew))
    }
    this.#replaced = {
      instances: running.instances.replace(this.#instances, this.#removed),
      artifacts: running.artifacts.replace(this.#artifacts, this.#removed),
      namespaces: running.namespaces.replace(
        this.#namespaces,
        this.#stale(running.namespaces, this.#namespaces),
      ),
      views: running.views.replace(this.#views, this.#stale(running.views, this.#views)),
      resolution: running.resolution,
    }
    running.resolution = this.resolution
    this.#moveTo(running)
    for (const [, instance] of this.#replaced.instances) instance?.wiring.suspend()
    for (const [, twin] of [...this.#replaced.views, ...this.#replaced.namespaces]) twin?.wiring.suspend()
    for (const { wiring, slot, after } of this.#patches) wiring.rewire(slot, after)
  }

  /** Undoes the commit: the old instances run again, and every importer uses them. */
  revert(): void {
    if (this.#state !== 'committed') return
    this.#state = 'open'
    const running = this.#running
    const replaced = this.#replaced!
    running.instances.restore(replaced.instances)
    running.artifacts.restore(replaced.artifacts)
    running.namespaces.restore(replaced.namespaces)
    running.views.restore(replaced.views)
    running.resolution = replaced.resolution
    this.#replaced = undefined
    this.#moveTo(this)
    for (const [, instance] of replaced.instances) instance?.wiring.resume()
    for (const [, twin] of [...replaced.views, ...replaced.namespaces]) twin?.wiring.resume()
    for (const { wiring, slot, before } of this.#patches) wiring.rewire(slot, before)
  }

  /**
   * Makes the commit final, and forgets what it replaced. Callbacks of
   * `import.meta.hot` are called now. @returns what they threw
   */
  settle(): unknown[] {
    if (this.#state !== 'committed') return []
    this.#state = 'settled'
    const { hot } = this.#running
    const isUpdate = this.#replaced!.instances.some(([, instance]) => instance)
    const replaced = this.#replaced!.instances.flatMap(([, instance]) => instance ?? [])
    this.#replaced = undefined
    this.#patches.length = 0
    const errors = this.#listenerErrors
    if (this.#removed.size > 0) {
      errors.push(...hot.emit('vite:beforePrune', { type: 'prune', paths: [...this.#removed] }))
    }
    if (hot.isUsed) {
      const takers = this.#takers(replaced)
      errors.push(...hot.settle(replaced, this.#removed, takers, (id) => this.#running.namespace(id)))
    }
    if (isUpdate) errors.push(...hot.emit('vite:afterUpdate', updatePayload(this.evaluated)))
    return errors
  }

  /** Who takes this update, by what the versions said that ran when it came. */
  #takers(replaced: readonly Instance[]): Takers {
    const { artifacts } = this.#running
    const before = new Map(replaced.map(({ id, artifact }) => [id, artifact]))
    const evaluated = this.evaluated.filter((id) => before.has(id))
    return takersOf(evaluated, artifacts.values(), (id) => (before.get(id) ?? artifacts.get(id))?.links.hot)
  }

  /** Whether it replaces something that runs; a first load does not. */
  #isUpdate(): boolean {
    return this.#removed.size > 0 || this.#order.some(({ id }) => this.#running.instance(id) !== undefined)
  }

  /** Drops new instances that were never committed, or were taken back. */
  discard(): void {
    if (this.#state !== 'open') return
    this.#state = 'discarded'
    for (const instance of this.#order) {
      instance.wiring.suspend()
      this.#running.hot.forget(instance)
    }
    for (const twin of [...this.#views.values(), ...this.#namespaces.values()]) twin.wiring.suspend()
  }

  #moveTo(world: World): void {
    for (const instance of this.#order) instance.world = world
    for (const namespace of this.#namespaces.values()) namespace.world = world
    for (const view of this.#views.values()) view.world = world
  }
}

function sameSource(a: Source | undefined, b: Source | undefined): boolean {
  if (!a || !b) return a === b
  if (a.instance || b.instance) {
    return a.instance === b.instance && (a as { index?: number }).index === (b as { index?: number }).index
  }
  return Object.is(a.value, b.value)
}
