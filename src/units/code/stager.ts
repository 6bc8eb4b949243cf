/**
 * The stager owns the graph of sources. It reads files, finds what changed, turns
 * modules into artifacts, checks that they link, and plans what an update evaluates.
 * It runs none of their code. It lives in the control thread, or in a tool.
 *
 *     const stager = new Stager({ root, hash })
 *     const first = await stager.boot(entries)        // StageError, or a Stage to load
 *     stager.accept(first)                            // it is the base of what comes
 *     const edit = await stager.stage(changedFiles)   // against the base, which stays as it is
 *     stager.accept(edit)                             // or drop it
 *
 * `boot` may be called again to add entries. `stage` also takes `{ artifacts }`, to
 * go back to versions that were kept, and `{ entries }`, new files to take in.
 */
import { relative } from 'node:path'
import { type Finding, finding, TickswapError } from '../../errors.ts'
import type { Artifact, GraphUpdate, Request, Stage } from './artifact.ts'
import { atPlace, type Draft, draftOf, fileOf, finishDraft, NO_REQUESTS, readSource } from './draft.ts'
import { cycles, Graph, type GraphNode, nodeOf } from './graph.ts'
import { checkLinks } from './link-check.ts'
import { planUpdate } from './plan.ts'
import { Resolver } from './resolve/resolver.ts'
import { StageError } from './stage-error.ts'
import { placeOf } from './transform/parse.ts'

export interface StagerOptions {
  /** folder that closure hashes name files relative to */
  readonly root: string
  /** XXH3-64 of the bytes as 16 hex digits */
  readonly hash: (bytes: Uint8Array) => string
  /** make a V8 code cache for each artifact; default true */
  readonly codeCache?: boolean
  /** contents to take instead of what is on disk, by module id; looked up whenever a file is read */
  readonly contents?: ReadonlyMap<string, Uint8Array>
}

export interface StageRequest {
  /** absolute paths that may have changed; unchanged ones are no work */
  readonly files?: readonly string[]
  /** kept versions to go back to, instead of what is on disk */
  readonly artifacts?: readonly Artifact[]
  /** files to add to the graph although nothing imports them */
  readonly entries?: readonly string[]
}

export class Stager {
  readonly #options: StagerOptions
  readonly #resolver: Resolver
  readonly #staged = new WeakMap<Stage, Graph>()
  #graph = new Graph(new Map(), new Set())

  constructor(options: StagerOptions) {
    this.#options = options
    this.#resolver = new Resolver((file) => this.#graph.modules.has(file))
  }

  /** The accepted graph. */
  get graph(): Graph {
    return this.#graph
  }

  /** Stages files that are not in the graph yet. @throws StageError */
  async boot(entries: readonly string[]): Promise<Stage> {
    return this.stage({ entries })
  }

  /** Stages an edit against the accepted graph, which it leaves alone. @throws StageError */
  async stage(change: readonly string[] | StageRequest): Promise<Stage> {
    const request: StageRequest = 'length' in change ? { files: change } : change
    const work = new Staging(this.#graph, this.#resolver, this.#options, request)
    const { graph, changed, warnings } = work.run()
    const update = planUpdate(this.#graph, graph, changed)
    const stage: Stage = { update, units: this.#movedUnits(graph, update), warnings }
    this.#staged.set(stage, graph)
    return stage
  }

  /** Makes a stage the base. @throws TickswapError TICKSWAP_E_INTERNAL for a stage of another stager */
  accept(stage: Stage): void {
    const graph = this.#staged.get(stage)
    if (!graph) throw new TickswapError('TICKSWAP_E_INTERNAL', 'the stage was not made by this stager')
    this.#graph = graph
  }

  /** Files the accepted graph was made from: what a watcher watches. */
  files(): readonly string[] {
    return [...new Set([...this.#graph.modules.values()].map((artifact) => artifact.file))]
  }

  artifact(id: string): Artifact | undefined {
    return this.#graph.modules.get(id)
  }

  /** Unit files of the accepted graph, or of a stage. */
  unitFiles(stage?: Stage): readonly string[] {
    return [...this.#graphOf(stage).modules.values()].filter((each) => each.isUnit).map((each) => each.id)
  }

  /** A unit's file and the modules that travel with it. */
  closure(unitFile: string, stage?: Stage): readonly string[] {
    return this.#graphOf(stage).closureOf(unitFile)
  }

  /** XXH3-64 over the names and hashes of a unit's closure, 16 hex digits. */
  closureHash(unitFile: string, stage?: Stage): string {
    return this.#closureHash(this.#graphOf(stage), unitFile)
  }

  /** A chain of importers from a module up to an entry, for messages. */
  importPath(id: string): readonly string[] {
    const path = [id]
    for (const step of path) {
      if (this.#graph.entries.has(step)) break
      const up = [...this.#graph.importersOf(step)].find((importer) => !path.includes(importer))
      if (up !== undefined) path.push(up)
    }
    return path
  }

  #graphOf(stage: Stage | undefined): Graph {
    return (stage && this.#staged.get(stage)) ?? this.#graph
  }

  #closureHash(graph: Graph, unitFile: string): string {
    const lines = graph
      .closureOf(unitFile)
      .map((id) => `${relative(this.#options.root, id)} ${graph.modules.get(id)?.hash}`)
    return this.#options.hash(Buffer.from(lines.sort().join('\n')))
  }

  #movedUnits(next: Graph, update: GraphUpdate): string[] {
    if (update.artifacts.length + update.removed.length === 0) return []
    return [...next.modules.values()]
      .filter((each) => each.isUnit)
      .map((each) => each.id)
      .filter(
        (id) =>
          !this.#graph.modules.has(id) || this.#closureHash(this.#graph, id) !== this.#closureHash(next, id),
      )
  }
}

/** The work of one stage: from files on disk to a new graph. */
class Staging {
  readonly #base: Graph
  readonly #resolver: Resolver
  readonly #options: StagerOptions
  readonly #request: StageRequest
  readonly #drafts = new Map<string, Draft>()
  readonly #given: ReadonlyMap<string, Artifact>
  readonly #gone = new Map<string, TickswapError>()
  readonly #errors: TickswapError[] = []
  readonly #warnings: Finding[] = []

  constructor(base: Graph, resolver: Resolver, options: StagerOptions, request: StageRequest) {
    this.#base = base
    this.#resolver = resolver
    this.#options = options
    this.#request = request
    // What a kept version shares with the running ones is not a change.
    const differing = request.artifacts?.filter(({ id, hash }) => base.modules.get(id)?.hash !== hash)
    this.#given = new Map(differing?.map((artifact) => [artifact.id, artifact]))
    resolver.forget()
  }

  run(): { graph: Graph; changed: Artifact[]; warnings: Finding[] } {
    for (const file of this.#request.files ?? []) this.#readChanged(file)
    const entries = new Set([...this.#base.entries, ...(this.#request.entries ?? [])])
    const reached = this.#reach(entries)
    this.#throwErrors()
    const changed = this.#print(reached)
    this.#throwErrors()
    const modules = new Map(reached.map((id) => [id, changed.get(id) ?? this.#base.modules.get(id)!]))
    const graph = new Graph(modules, entries)
    const named = this.#nameExports(graph, changed)
    this.#errors.push(...checkLinks(graph, changed.keys()))
    this.#throwErrors()
    return {
      graph: named,
      changed: [...changed.keys()].map((id) => named.modules.get(id)!),
      warnings: this.#warnings,
    }
  }

  #throwErrors(): void {
    if (this.#errors.length > 0) throw new StageError(this.#errors)
  }

  #readChanged(file: string): void {
    for (const id of [file, `${file}?raw`, `${file}?bytes`]) {
      const known = this.#base.modules.get(id)
      if (!known || this.#given.has(id)) continue
      this.#attempt(
        () => {
          const bytes = this.#options.contents?.get(id) ?? readSource(id)
          const hash = this.#options.hash(bytes)
          if (hash !== known.hash) this.#drafts.set(id, this.#resolved(draftOf(id, bytes, hash)))
        },
        (error) => this.#gone.set(id, error),
      )
    }
  }

  /** Runs a step; its error counts only if the graph still needs the module. */
  #attempt(step: () => void, failed: (error: TickswapError) => void): void {
    try {
      step()
    } catch (error) {
      if (!(error instanceof TickswapError)) throw error
      failed(error)
    }
  }

  #resolved(draft: Draft): Draft {
    const { text, file, source } = draft
    if (!text) return draft
    draft.requests = text.declarations.requests.map((request) =>
      this.#resolve(withType(request.specifier, request.type), file, source, request.start),
    )
    draft.lazy = [...text.dynamicSpecifiers()].flatMap(({ specifier }) => this.#resolveLazy(specifier, file))
    return draft
  }

  #resolve(specifier: string, file: string, source: string, start: number): Request {
    return atPlace(file, source, () => {
      try {
        return { ...this.#resolver.resolve(specifier, file), ...placeOf(source, start) }
      } catch (error) {
        if (!(error instanceof TickswapError)) throw error
        throw new TickswapError(error.code, error.finding.message, { file, ...placeOf(source, start) })
      }
    })
  }

  /** An `import()` that leads nowhere fails when it is called, as it does natively. */
  #resolveLazy(specifier: string, file: string): Request[] {
    try {
      return [this.#resolver.resolve(specifier, file)]
    } catch (error) {
      if (!(error instanceof TickswapError)) throw error
      this.#warnings.push(finding(error.code, error.finding.message, { severity: 'warning', file }))
      return []
    }
  }

  /** All modules that the entries lead to, loading the ones the graph does not have yet. */
  #reach(entries: ReadonlySet<string>): string[] {
    const reached = new Set<string>(entries)
    for (const id of reached) {
      const node = this.#node(id)
      if (!node) continue
      for (const request of node.requests) if (request.kind === 'hot') reached.add(request.id)
      for (const request of node.lazy) if (request.kind === 'hot') reached.add(request.id)
    }
    return [...reached]
  }

  #node(id: string): GraphNode | undefined {
    const given = this.#given.get(id)
    if (given) return nodeOf(given)
    const draft = this.#drafts.get(id)
    if (draft) return draft
    const gone = this.#gone.get(id)
    if (gone) {
      this.#errors.push(gone)
      return undefined
    }
    const known = this.#base.modules.get(id)
    return known ? nodeOf(known) : this.#load(id)
  }

  #load(id: string): Draft | undefined {
    let draft: Draft | undefined
    this.#attempt(
      () => {
        const bytes = this.#options.contents?.get(id) ?? readSource(id)
        draft = this.#resolved(draftOf(id, bytes, this.#options.hash(bytes)))
        this.#drafts.set(id, draft)
      },
      (error) => this.#errors.push(error),
    )
    return draft
  }

  #print(reached: readonly string[]): Map<string, Artifact> {
    const printed = new Map<string, Artifact>()
    const fresh = reached.filter((id) => this.#drafts.has(id) || this.#given.has(id))
    const groups = fresh.length > 0 ? cycles(reached, (id) => this.#node(id)) : new Map<string, number>()
    for (const id of fresh) {
      const given = this.#given.get(id)
      if (given) {
        printed.set(id, given)
        continue
      }
      const draft = this.#drafts.get(id)!
      this.#attempt(
        () => {
          printed.set(id, finishDraft(draft, guardedRequests(draft, groups), this.#options.codeCache ?? true))
        },
        (error) => this.#errors.push(error),
      )
    }
    return printed
  }

  /** Fills in `exports`, which needs the whole graph where there is `export *`. */
  #nameExports(graph: Graph, changed: ReadonlyMap<string, Artifact>): Graph {
    const modules = new Map(graph.modules)
    for (const [id, artifact] of changed) {
      modules.set(id, { ...artifact, exports: graph.resolution.names(id) })
    }
    return new Graph(modules, graph.entries)
  }
}

/** Requests of a module that lead back to it; a module in no circle has none. */
function guardedRequests(draft: Draft, groups: ReadonlyMap<string, number>): ReadonlySet<number> {
  const group = groups.get(draft.id)
  if (group === undefined) return NO_REQUESTS
  const inGroup = draft.requests.map((request) => request.kind === 'hot' && groups.get(request.id) === group)
  return new Set(inGroup.flatMap((inside, index) => (inside ? [index] : [])))
}

/** `with { type: 'text' }` and `'bytes'` ask for what `?raw` and `?bytes` do. */
function withType(specifier: string, type: string | undefined): string {
  if (type === 'text') return `${specifier}?raw`
  return type === 'bytes' ? `${specifier}?bytes` : specifier
}

export { fileOf }
