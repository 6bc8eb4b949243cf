import type { Artifact, GraphUpdate, Request } from './artifact.ts'
import { cycles, type Graph, nodeOf } from './graph.ts'
import type { Origin } from './resolution.ts'

/**
 * Decides what an update has to evaluate. A module is evaluated anew when it changed
 * itself, or when what it does while it is evaluated reads, directly or through the
 * functions it calls, a binding of a module that is evaluated anew: such a value may
 * have been baked into its own state. Everything else that imports a new module only
 * gets its imports rebound.
 * @param more `rerun`: modules to evaluate anew although nothing asks for it;
 *   `reprinted`: modules whose text is the same, and whose script another edit changes
 */
export function planUpdate(
  base: Graph,
  next: Graph,
  changed: readonly Artifact[],
  more: { readonly rerun?: readonly string[]; readonly reprinted?: readonly Artifact[] } = {},
): GraphUpdate {
  const { rerun = [], reprinted = [] } = more
  const anew = new Set([...changed.map((artifact) => artifact.id), ...rerun])
  for (const id of next.modules.keys()) if (!base.modules.has(id)) anew.add(id)
  spread(base, next, anew)
  const evaluate = next.order.filter((id) => anew.has(id))
  return {
    artifacts: [...changed, ...reprinted],
    evaluate,
    lazy: evaluate.filter((id) => !next.eager.has(id)),
    rebind: [...next.modules.keys()].filter((id) => !anew.has(id) && importsFrom(base, next, id, anew)),
    removed: [...base.modules.keys()].filter((id) => !next.modules.has(id)),
  }
}

/**
 * Adds to `anew` the modules whose evaluation depends on it, and the modules their
 * evaluation goes through to get there: a running one would still lead to the old
 * values. Until there are no more.
 */
function spread(base: Graph, graph: Graph, anew: Set<string>): void {
  const uses = new UseGraph(graph, base)
  const circles = new Circles(graph)
  for (const id of circles.membersOfNew(new Circles(base))) {
    for (const module of uses.modulesTowards(id, (each) => circles.isLater(each, id))) anew.add(module)
  }
  for (let before = -1; before !== anew.size; ) {
    before = anew.size
    for (const id of requirersOf(graph, anew)) anew.add(id)
    for (const id of dependentsOf(graph, anew)) {
      // What imports nothing leads nowhere else.
      if (graph.modules.get(id)?.imports.length === 0) continue
      for (const module of uses.modulesTowards(id, (each) => anew.has(each))) anew.add(module)
    }
    for (const id of circles.members(anew)) {
      for (const module of uses.modulesTowards(id, (each) => circles.isLater(each, id))) anew.add(module)
    }
  }
}

/**
 * In a circle of imports a module may run before one that it imports. What it reads
 * there while it is evaluated does not exist yet, so the other one cannot go on
 * running: it has to be evaluated too, in its turn. And where an edit closes such a
 * circle around modules that run, they are evaluated to see that they still can be.
 */
class Circles {
  readonly #groups: ReadonlyMap<string, number>
  readonly #places: ReadonlyMap<string, number>

  constructor(graph: Graph) {
    const node = (id: string) => {
      const artifact = graph.modules.get(id)
      return artifact && nodeOf(artifact)
    }
    this.#groups = cycles(graph.modules.keys(), node)
    this.#places = new Map(this.#groups.size > 0 ? graph.order.map((id, index) => [id, index]) : [])
  }

  /** Members of circles that were not there, or were evaluated in another order. */
  membersOfNew(before: Circles): string[] {
    if (this.#groups.size === 0) return []
    const known = new Set(before.#lists().map((ids) => ids.join('\n')))
    return this.#lists()
      .filter((ids) => !known.has(ids.join('\n')))
      .flat()
  }

  /** The members of each circle, in the order of evaluation. */
  #lists(): string[][] {
    const lists = new Map<number, string[]>()
    for (const id of this.#places.keys()) {
      const group = this.#groups.get(id)
      if (group === undefined) continue
      const list = lists.get(group)
      if (list) list.push(id)
      else lists.set(group, [id])
    }
    return [...lists.values()]
  }

  members(ids: ReadonlySet<string>): string[] {
    return this.#groups.size > 0 ? [...ids].filter((id) => this.#groups.has(id)) : []
  }

  isLater(id: string, than: string): boolean {
    const group = this.#groups.get(id)
    if (group === undefined || group !== this.#groups.get(than)) return false
    return this.#places.get(id)! > this.#places.get(than)!
  }
}

/** CommonJS modules hold what they required. */
function requirersOf(graph: Graph, ids: ReadonlySet<string>): string[] {
  return [...graph.modules.values()]
    .filter(({ kind, links }) => kind === 'cjs' && links.lazy.some((request) => ids.has(request.id)))
    .map((artifact) => artifact.id)
}

function dependentsOf(graph: Graph, ids: ReadonlySet<string>): Set<string> {
  const found = new Set(ids)
  for (const id of found) for (const importer of graph.importersOf(id)) found.add(importer)
  return found
}

/**
 * An edit that nobody accepts, and that has no unit above it, ends at an entry that
 * would be run again, and the program with it.
 * @returns the modules from the one that changed to that entry
 */
export function unaccepted(base: Graph, next: Graph, update: GraphUpdate): readonly string[] | undefined {
  const changed = new Set(update.artifacts.map((artifact) => artifact.id))
  const anew = new Set(update.evaluate)
  for (const id of update.evaluate) {
    const known = changed.has(id) || !base.modules.has(id) || !next.entries.has(id)
    if (known || next.modules.get(id)!.isUnit || base.modules.get(id)!.links.hot?.self) continue
    return pathDown(next, id, anew, changed).reverse()
  }
  return undefined
}

/** Whether modules of the program say by `import.meta.hot` which updates they take. */
export const usesHot = (graph: Graph): boolean =>
  [...graph.modules.values()].some((artifact) => artifact.links.hot !== undefined)

function pathDown(
  graph: Graph,
  from: string,
  through: ReadonlySet<string>,
  to: ReadonlySet<string>,
): string[] {
  const parents = new Map<string, string>([[from, '']])
  for (const id of parents.keys()) {
    if (to.has(id)) {
      const path: string[] = []
      for (let at = id; at !== ''; at = parents.get(at)!) path.unshift(at)
      return path
    }
    for (const target of graph.modules.get(id)?.imports ?? []) {
      if (through.has(target) && !parents.has(target)) parents.set(target, id)
    }
  }
  return [from]
}

/** A binding of a module, or, with the name '', what the module runs at evaluation. */
interface UseNode {
  readonly module: string
  readonly name: string
  readonly users: UseNode[]
}

/** Follows names from what a module runs at evaluation into the code that those names stand for. */
class UseGraph {
  readonly #graph: Graph
  readonly #running: Graph
  readonly #targets = new Map<string, readonly (readonly [string, string])[]>()

  constructor(graph: Graph, running: Graph) {
    this.#graph = graph
    this.#running = running
  }

  /** Modules on the ways from the evaluation of `id` to a binding of one that is looked for. */
  modulesTowards(id: string, isWanted: (module: string) => boolean): Set<string> {
    const found = new Set<UseNode>()
    for (const node of this.#reach(id)) {
      if (node.name !== '' && isWanted(node.module)) found.add(node)
    }
    for (const node of found) for (const user of node.users) found.add(user)
    return new Set([...found].map((node) => node.module))
  }

  /** Whether `importer` goes on running when `dependency` changes, because one of the two, as it runs, accepts that. */
  #takes(importer: string, dependency: string): boolean {
    const { modules } = this.#running
    if (modules.get(importer)?.links.hot?.accepts.includes(dependency)) return true
    return importer !== dependency && modules.get(dependency)?.links.hot?.self === true
  }

  /** Whether what comes through a request goes no further than to one of the two. */
  #isTaken(importer: string, request: Request): boolean {
    return request.kind === 'hot' && this.#takes(importer, request.id)
  }

  #reach(id: string): Iterable<UseNode> {
    const nodes = new Map<string, UseNode>([[`${id}\n`, { module: id, name: '', users: [] }]])
    for (const node of nodes.values()) {
      for (const [module, name] of this.#uses(node.module, node.name)) {
        const key = `${module}\n${name}`
        let target = nodes.get(key)
        if (!target) {
          target = { module, name, users: [] }
          nodes.set(key, target)
        }
        target.users.push(node)
      }
    }
    return nodes.values()
  }

  /** What the code of a binding mentions, as bindings of the modules that hold them. */
  #uses(module: string, owner: string): readonly (readonly [string, string])[] {
    const key = `${module}\n${owner}`
    let targets = this.#targets.get(key)
    if (!targets) {
      const uses = this.#graph.modules.get(module)?.links.uses ?? {}
      const names = Object.hasOwn(uses, owner) ? uses[owner]! : []
      targets = names.flatMap((name) => [...this.#behindName(module, name)])
      this.#targets.set(key, targets)
    }
    return targets
  }

  *#behindName(module: string, name: string): Generator<readonly [string, string]> {
    const { links } = this.#graph.modules.get(module)!
    if (!Object.hasOwn(links.imported, name)) return yield [module, name]
    for (const index of links.imported[name]!) {
      const slot = links.slots[index]!
      if (this.#isTaken(module, links.requests[slot.request]!)) continue
      for (const use of this.#behind(this.#graph.resolution.slot(module, slot))) {
        if (!this.#takes(module, use[0])) yield use
      }
    }
  }

  *#behind(origin: Origin, seen = new Set<string>()): Generator<readonly [string, string]> {
    if (origin.kind === 'local') {
      const local = this.#graph.modules.get(origin.id)?.links.locals[origin.index]
      if (local) yield [origin.id, local.local]
    } else if (origin.kind === 'namespace' && !seen.has(origin.id)) {
      seen.add(origin.id)
      const { resolution } = this.#graph
      for (const name of resolution.names(origin.id))
        yield* this.#behind(resolution.member(origin.id, name), seen)
    }
  }
}

/** Whether an import of `id` leads, or led, to a module that is evaluated anew. */
function importsFrom(base: Graph, next: Graph, id: string, anew: ReadonlySet<string>): boolean {
  const links = next.modules.get(id)!.links
  return [base, next].some((graph) =>
    links.slots.some((slot) => {
      const origin = graph.resolution.slot(id, slot)
      if (origin.kind === 'namespace') return namespaceTouches(graph, origin.id, anew)
      return origin.kind === 'local' && anew.has(origin.id)
    }),
  )
}

function namespaceTouches(graph: Graph, id: string, anew: ReadonlySet<string>): boolean {
  if (anew.has(id)) return true
  return graph.resolution.names(id).some((name) => {
    const origin = graph.resolution.member(id, name)
    return (origin.kind === 'local' || origin.kind === 'namespace') && anew.has(origin.id)
  })
}
