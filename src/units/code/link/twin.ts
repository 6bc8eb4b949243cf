import { dirname } from 'node:path'
import type { Artifact, Request } from '../artifact.ts'
import { urlOf } from '../compile.ts'
import { evaluationOrder } from '../graph.ts'
import type { Resolution } from '../resolution.ts'
import { evaluateOne } from './evaluation.ts'
import type { Externals } from './externals.ts'
import { Instance } from './instance.ts'
import { ModuleNamespace, ModuleView } from './namespace.ts'
import { nodeIn, sourceOf, type World } from './world.ts'

/**
 * A second copy of some modules and of everything hot that they import, with variables of its own: what runs
 * in it changes nothing that the program sees, except through modules that are not hot. It shares the code with
 * the modules it is like, and what V8 has learned of it. `import.meta.hot` is undefined in it.
 */
export class Twin implements World {
  readonly #like: World
  readonly #ids: readonly string[]
  readonly #instances = new Map<string, Instance>()
  readonly #namespaces = new Map<string, ModuleNamespace>()
  readonly #views = new Map<string, ModuleView>()

  constructor(like: World, ids: readonly string[]) {
    this.#like = like
    this.#ids = ids
  }

  /**
   * Evaluates one module at a time.
   * @returns false when there are more than `most` modules, or one that awaits @throws what they throw
   */
  *evaluate(most: number): Generator<undefined, boolean> {
    const order = evaluationOrder(this.#ids, (id) => nodeIn(this, id)).filter((id) => this.#like.instance(id))
    const artifacts = order.map((id) => this.artifact(id)!)
    if (order.length > most || artifacts.some((artifact) => artifact.async)) return false
    for (const artifact of artifacts)
      this.#instances.set(artifact.id, new Instance(artifact, this, this.#like.instance(artifact.id)))
    for (const instance of this.#instances.values()) {
      instance.link()
      yield
    }
    for (const { artifact, wiring } of this.#instances.values())
      for (const [index, slot] of artifact.links.slots.entries())
        wiring.connect(index, sourceOf(this, artifact.id, slot))
    for (const { wiring } of this.#instances.values()) wiring.deliverAll()
    for (const instance of this.#instances.values()) {
      evaluateOne(instance)
      yield
    }
    return true
  }

  get resolution(): Resolution {
    return this.#like.resolution
  }

  get externals(): Externals {
    return this.#like.externals
  }

  instance(id: string): Instance | undefined {
    return this.#instances.get(id)
  }

  artifact(id: string): Artifact | undefined {
    return this.#like.artifact(id)
  }

  namespace(id: string): object {
    const namespace = this.#namespaces.get(id) ?? new ModuleNamespace(id, this)
    this.#namespaces.set(id, namespace)
    return namespace.object
  }

  view(id: string): ModuleView {
    const view = this.#views.get(id) ?? new ModuleView(id, this)
    this.#views.set(id, view)
    return view
  }

  metaOf(instance: Instance): object {
    const { file } = instance.artifact
    return { dirname: dirname(file), filename: file, url: urlOf(file) }
  }

  dynamicRequest(instance: Instance, asked: unknown): Request {
    return this.#like.dynamicRequest(instance, asked)
  }

  /** What it leads to would be live; and nobody is there to wait for it. */
  importDynamically(): Promise<unknown> {
    return new Promise(() => {})
  }

  requireHot(id: string): Instance | undefined {
    const instance = this.#instances.get(id)
    if (instance) evaluateOne(instance)
    return instance
  }
}
