import { TickswapError } from '../../../errors.ts'
import { cycles, type GraphNode } from '../graph.ts'
import type { Instance } from './instance.ts'

/** Evaluates one instance that does not await, unless it was already. */
export function evaluateOne(instance: Instance): void {
  if (instance.phase !== 'linked') return
  try {
    instance.evaluate()
    instance.finish()
  } catch (error) {
    instance.fail(error)
    throw error
  }
}

/** Refuses modules that await, before any of them runs. */
export function refuseAwait(order: readonly Instance[]): void {
  const awaiting = order.find((instance) => instance.artifact.async)
  if (!awaiting) return
  const { file } = awaiting.artifact
  throw new TickswapError('TICKSWAP_E_TOP_LEVEL_AWAIT', 'the module awaits at its top level', { file })
}

interface Node {
  readonly instance: Instance
  readonly order: number
  /** ids of the modules of this evaluation that it imports, be it through modules that run already */
  readonly imports: readonly string[]
  /** the module whose completion stands for the circle this one is in */
  root: Node
  pending: number
  readonly parents: Node[]
  state: 'waiting' | 'async' | 'done' | 'failed'
  error?: unknown
}

/** What a module imports of those that are evaluated; through the others, which run, it leads on. */
function importsAmong(ids: ReadonlySet<string>, { artifact, world }: Instance): string[] {
  const seen = new Set(artifact.imports)
  for (const id of seen) {
    if (ids.has(id)) continue
    for (const target of world.artifact(id)?.imports ?? []) seen.add(target)
  }
  return [...seen].filter((id) => ids.has(id))
}

/**
 * Evaluates with top-level await, in the order the language gives: a module waits
 * for those it imports, and nothing else does.
 */
export class AsyncEvaluation {
  readonly #nodes = new Map<string, Node>()
  #left = 0
  #fail!: (error: unknown) => void
  #done!: () => void
  readonly #result: Promise<void>

  constructor(order: readonly Instance[]) {
    this.#result = new Promise((resolve, reject) => {
      this.#done = resolve
      this.#fail = reject
    })
    const ids = new Set(order.map(({ id }) => id))
    const isAwaited = order.some(({ artifact }) => artifact.async)
    for (const [index, instance] of order.entries()) {
      const node: Node = {
        instance,
        order: index,
        imports: isAwaited ? importsAmong(ids, instance) : instance.artifact.imports,
        root: undefined as never,
        pending: 0,
        parents: [],
        state: 'waiting',
      }
      node.root = node
      this.#nodes.set(instance.id, node)
    }
    this.#left = this.#nodes.size
    // Whoever loads packages in between hears of it at the end.
    this.#result.catch(() => undefined)
    const groups = cycles(this.#nodes.keys(), (id): GraphNode | undefined => {
      const requests = this.#nodes.get(id)?.imports.map((target) => ({ kind: 'hot' as const, id: target }))
      return requests && { id, requests, lazy: [] }
    })
    const roots = new Map<number, Node>()
    for (const [id, group] of groups) {
      const node = this.#nodes.get(id)
      if (node && (roots.get(group)?.order ?? -1) < node.order) roots.set(group, node)
    }
    for (const [id, group] of groups) {
      const node = this.#nodes.get(id)
      if (node) node.root = roots.get(group)!
    }
  }

  /** Evaluates the next one in the order, unless it has to wait. @returns false when it threw: no other begins */
  begin(instance: Instance): boolean {
    const node = this.#nodes.get(instance.id)!
    for (const dependency of this.#dependencies(node)) {
      if (dependency.state === 'failed') {
        this.#rejected(node, dependency.error)
        return true
      }
      if (dependency.state !== 'async') continue
      node.pending++
      dependency.parents.push(node)
    }
    for (const elsewhere of this.#pendingElsewhere(node)) this.#await(node, elsewhere)
    if (node.pending > 0) {
      node.state = 'async'
      instance.isQueued = true
      return true
    }
    if (this.#execute(node)) return true
    this.#abandonCircle(node)
    return false
  }

  /** The circle around a module that threw at once has failed, also what of it is through, or waits. */
  #abandonCircle(failed: Node): void {
    for (const node of this.#nodes.values()) {
      const isOpen = node.order < failed.order && node.root.order >= failed.order
      if (isOpen) this.#rejected(node, failed.error)
    }
  }

  /** Resolves when all are through. @throws what the first one threw */
  async finished(): Promise<void> {
    if (this.#left > 0) await this.#result
  }

  *#dependencies(node: Node): Generator<Node> {
    for (const id of node.imports) {
      const dependency = this.#nodes.get(id)
      if (!dependency || dependency.order >= node.order) continue
      yield dependency.root === node.root ? dependency : dependency.root
    }
  }

  /** Modules it imports that another evaluation, begun by another `import()`, is not through with. */
  #pendingElsewhere({ instance: { artifact, world } }: Node): Instance[] {
    return artifact.imports.flatMap((id) => {
      const instance = this.#nodes.has(id) ? undefined : world.instance(id)
      return instance?.isPending ? [instance] : []
    })
  }

  #await(node: Node, dependency: Instance): void {
    node.pending++
    dependency.finished().then(
      () => {
        if (--node.pending === 0 && node.state !== 'failed') this.#execute(node)
      },
      (error) => this.#rejected(node, error),
    )
  }

  /** @returns false when it threw */
  #execute(node: Node): boolean {
    if (node.instance.phase !== 'linked') {
      // A `require` came first.
      this.#settle(node)
      return true
    }
    try {
      const running = node.instance.evaluate()
      if (!running) {
        this.#settle(node)
        return true
      }
      node.state = 'async'
      running.then(
        () => this.#fulfilled(node),
        (error) => this.#rejected(node, error),
      )
      return true
    } catch (error) {
      this.#rejected(node, error)
      return false
    }
  }

  #settle(node: Node): void {
    node.state = 'done'
    if (node.instance.phase !== 'evaluated') node.instance.finish()
    if (--this.#left === 0) this.#done()
  }

  #rejected(node: Node, error: unknown): void {
    if (node.state === 'failed') return
    node.state = 'failed'
    node.error = error
    node.instance.fail(error)
    this.#fail(error)
    for (const parent of node.parents) this.#rejected(parent, error)
  }

  #fulfilled(node: Node): void {
    if (node.state === 'failed') return
    this.#settle(node)
    const ready: Node[] = []
    this.#gather(node, ready)
    for (const next of ready.sort((a, b) => a.order - b.order)) {
      if (next.state !== 'failed') this.#execute(next)
    }
  }

  #gather(node: Node, ready: Node[]): void {
    for (const parent of node.parents) {
      if (ready.includes(parent) || parent.state === 'failed' || --parent.pending > 0) continue
      ready.push(parent)
      if (!parent.instance.artifact.async) this.#gather(parent, ready)
    }
  }
}
