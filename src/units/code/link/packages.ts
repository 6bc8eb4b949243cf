import type { Request, Slot } from '../artifact.ts'
import type { Instance } from './instance.ts'
import { sourceOf, type World } from './world.ts'

/** A slot that shows an export of a package that has not run yet. */
interface Waiting {
  readonly instance: Instance
  readonly index: number
  readonly slot: Slot
}

/**
 * The packages that new modules import. Each of them runs in its place in the order of
 * evaluation, as it does natively; only those whose names are needed to link run first.
 */
export class Packages {
  readonly #world: World
  readonly #order: readonly Instance[]
  readonly #first: Request[] = []
  /** packages that are to run in their turn, by id */
  readonly #later = new Map<string, Request>()
  readonly #waiting = new Map<string, Waiting[]>()

  constructor(world: World, order: readonly Instance[]) {
    this.#world = world
    this.#order = order
    const named = new Set<string>()
    for (const { links } of order.map((instance) => instance.artifact)) {
      for (const star of links.stars) named.add(links.requests[star]!.id)
    }
    for (const request of order.flatMap((instance) => instance.artifact.links.requests)) {
      if (request.kind === 'hot' || world.externals.has(request.id)) continue
      // Modules of Node do nothing that could be seen.
      if (request.id.startsWith('node:') || named.has(request.id)) this.#first.push(request)
      else this.#later.set(request.id, request)
    }
  }

  async loadFirst(): Promise<void> {
    for (const { id, type } of this.#first) await this.#world.externals.load(id, type)
  }

  loadFirstSync(): void {
    for (const { id } of this.#first) this.#world.externals.get(id)
  }

  /** All modules get their functions, then all get their imports, before the first one runs. @returns what is awaited */
  link(): Promise<unknown>[] {
    const started = this.#order.map((instance) => instance.link())
    for (const instance of this.#order) this.#connect(instance)
    for (const { wiring } of this.#order) wiring.deliverAll()
    return started.filter((promise) => promise !== undefined)
  }

  /** Connects a module's slots, except for those that show packages that have not run. */
  #connect(instance: Instance): void {
    for (const [index, slot] of instance.artifact.links.slots.entries()) {
      const origin = this.#world.resolution.slot(instance.id, slot)
      if (origin.kind === 'external' && this.#later.has(origin.id)) {
        const waiting = this.#waiting.get(origin.id) ?? []
        this.#waiting.set(origin.id, waiting)
        waiting.push({ instance, index, slot })
      } else instance.wiring.connect(index, sourceOf(this.#world, instance.id, slot))
    }
  }

  async load({ id, type }: Request): Promise<void> {
    await this.#world.externals.load(id, type)
    this.#arrived(id)
  }

  loadSync({ id }: Request): void {
    this.#world.externals.get(id)
    this.#arrived(id)
  }

  #arrived(id: string): void {
    this.#later.delete(id)
    for (const { instance, index, slot } of this.#waiting.get(id) ?? []) {
      instance.wiring.rewire(index, sourceOf(this.#world, instance.id, slot))
    }
    this.#waiting.delete(id)
  }

  /** Modules and packages in the order in which they are to run. */
  steps(): readonly (Instance | Request)[] {
    if (this.#later.size === 0) return this.#order
    const walk = new Walk(this.#order, this.#later)
    return walk.fromRoots() ?? walk.oneByOne()
  }
}

/** Puts packages where the language has them: before the module that names them, after what it names first. */
class Walk {
  readonly #order: readonly Instance[]
  readonly #byId: ReadonlyMap<string, Instance>
  readonly #packages: ReadonlyMap<string, Request>
  #seen = new Set<string>()
  #steps: (Instance | Request)[] = []

  constructor(order: readonly Instance[], packages: ReadonlyMap<string, Request>) {
    this.#order = order
    this.#byId = new Map(order.map((instance) => [instance.id, instance]))
    this.#packages = new Map(packages)
  }

  /** From the modules that none of the others imports. @returns undefined when that is another order */
  fromRoots(): readonly (Instance | Request)[] | undefined {
    const imported = new Set(this.#order.flatMap((instance) => instance.artifact.imports))
    const last = this.#order.at(-1)!
    for (const instance of this.#order) {
      if (instance === last || !imported.has(instance.id)) this.#visit(instance)
    }
    const found = this.#steps.filter((step) => this.#byId.get(step.id) === step)
    const isSame = found.length === this.#order.length && found.every((step, at) => step === this.#order[at])
    return isSame ? this.#steps : undefined
  }

  /** Each module after the packages that it names itself. */
  oneByOne(): readonly (Instance | Request)[] {
    this.#seen = new Set()
    this.#steps = []
    for (const instance of this.#order) {
      for (const { id } of instance.artifact.links.requests) this.#package(id)
      this.#steps.push(instance)
    }
    return this.#steps
  }

  #visit(instance: Instance): void {
    if (this.#seen.has(instance.id)) return
    this.#seen.add(instance.id)
    for (const { id } of instance.artifact.links.requests) {
      const target = this.#byId.get(id)
      if (target) this.#visit(target)
      else this.#package(id)
    }
    this.#steps.push(instance)
  }

  #package(id: string): void {
    const found = this.#packages.get(id)
    if (!found || this.#seen.has(id)) return
    this.#seen.add(id)
    this.#steps.push(found)
  }
}
