import type { Artifact, Links } from './artifact.ts'
import { Resolution } from './resolution.ts'

/** What the graph asks of a module before or after it is printed. */
export interface GraphNode {
  readonly id: string
  readonly requests: readonly { readonly kind: 'hot' | 'external'; readonly id: string }[]
  readonly lazy: readonly { readonly kind: 'hot' | 'external'; readonly id: string }[]
}

export const nodeOf = (artifact: Artifact): GraphNode => ({
  id: artifact.id,
  requests: artifact.links.requests,
  lazy: artifact.links.lazy,
})

const hotIds = (requests: GraphNode['requests']): string[] =>
  requests.filter((request) => request.kind === 'hot').map((request) => request.id)

/** The order in which ES modules evaluate: dependencies first, in the order of the imports. */
export function evaluationOrder(
  roots: Iterable<string>,
  node: (id: string) => GraphNode | undefined,
): string[] {
  const order: string[] = []
  const seen = new Set<string>()
  const visit = (id: string): void => {
    const found = seen.has(id) ? undefined : node(id)
    if (!found) return
    seen.add(id)
    hotIds(found.requests).forEach(visit)
    order.push(id)
  }
  for (const root of roots) visit(root)
  return order
}

/** Groups of modules that import each other in a circle (Tarjan); modules in no circle are absent. */
export function cycles(
  ids: Iterable<string>,
  node: (id: string) => GraphNode | undefined,
): Map<string, number> {
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const open = new Set<string>()
  const group = new Map<string, number>()
  let groups = 0
  const visit = (id: string): void => {
    index.set(id, index.size)
    low.set(id, index.get(id)!)
    stack.push(id)
    open.add(id)
    const targets = hotIds(node(id)?.requests ?? [])
    for (const target of targets) {
      if (!index.has(target)) visit(target)
      if (open.has(target)) low.set(id, Math.min(low.get(id)!, low.get(target)!))
    }
    if (low.get(id) !== index.get(id)) return
    const members = stack.splice(stack.indexOf(id))
    for (const member of members) open.delete(member)
    if (members.length === 1 && !targets.includes(id)) return
    for (const member of members) group.set(member, groups)
    groups++
  }
  for (const id of ids) if (!index.has(id)) visit(id)
  return group
}

/** Requests of a module that lead back to it; a module in no circle has none. */
const NO_REQUESTS: ReadonlySet<number> = new Set()

export function guardedRequests(node: GraphNode, groups: ReadonlyMap<string, number>): ReadonlySet<number> {
  const group = groups.get(node.id)
  if (group === undefined) return NO_REQUESTS
  const inGroup = node.requests.map((request) => request.kind === 'hot' && groups.get(request.id) === group)
  return new Set(inGroup.flatMap((inside, index) => (inside ? [index] : [])))
}

/** One state of the graph of modules: immutable once accepted. */
export class Graph {
  readonly modules: ReadonlyMap<string, Artifact>
  readonly entries: ReadonlySet<string>
  readonly resolution: Resolution
  #importers: Map<string, Set<string>> | undefined
  #order: readonly string[] | undefined
  #eager: ReadonlySet<string> | undefined
  #variants: Map<string, string[]> | undefined

  constructor(modules: ReadonlyMap<string, Artifact>, entries: ReadonlySet<string>) {
    this.modules = modules
    this.entries = entries
    this.resolution = new Resolution({ links: (id): Links | undefined => modules.get(id)?.links })
  }

  /** This graph with the modules that were added to `now` since it was `base`. */
  withAdditions(base: Graph, now: Graph): Graph {
    if (base === now) return this
    const modules = new Map(this.modules)
    for (const [id, artifact] of now.modules) {
      if (!base.modules.has(id) && !modules.has(id)) modules.set(id, artifact)
    }
    const entries = new Set(this.entries)
    for (const entry of now.entries) if (!base.entries.has(entry)) entries.add(entry)
    return new Graph(modules, entries)
  }

  /** Ids of the modules made from a file: itself, and with each query it is imported with. */
  idsOf(file: string): readonly string[] {
    if (!this.#variants) {
      this.#variants = new Map()
      for (const { id, file: path } of this.modules.values()) {
        if (id !== path) this.#variants.set(path, [...(this.#variants.get(path) ?? []), id])
      }
    }
    return [file, ...(this.#variants.get(file) ?? [])]
  }

  /** Modules that import a module statically. */
  importersOf(id: string): ReadonlySet<string> {
    if (!this.#importers) {
      this.#importers = new Map()
      for (const module of this.modules.values()) {
        for (const target of module.imports) {
          const set = this.#importers.get(target)
          if (set) set.add(module.id)
          else this.#importers.set(target, new Set([module.id]))
        }
      }
    }
    return this.#importers.get(id) ?? new Set()
  }

  /** All modules: those the entries import statically in the order of evaluation, then those `import()` reaches. */
  get order(): readonly string[] {
    this.#order ??= evaluationOrder([...this.entries, ...this.modules.keys()], (id) => this.#node(id))
    return this.#order
  }

  /** Modules that are evaluated at boot; the others wait for an `import()`. */
  get eager(): ReadonlySet<string> {
    this.#eager ??= new Set(evaluationOrder(this.entries, (id) => this.#node(id)))
    return this.#eager
  }

  /** The unit's own file and the modules that travel with it: those no other unit stands before. */
  closureOf(unitFile: string): readonly string[] {
    const closure = new Set<string>([unitFile])
    for (const id of closure) {
      const node = this.#node(id)
      if (!node) continue
      for (const target of hotIds([...node.requests, ...node.lazy])) {
        if (!this.modules.get(target)?.isUnit) closure.add(target)
      }
    }
    return [...closure]
  }

  #node(id: string): GraphNode | undefined {
    const artifact = this.modules.get(id)
    return artifact && nodeOf(artifact)
  }
}
