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
import { join, relative } from 'node:path'
import { type Finding, finding, type Place, TickswapError } from '../../errors.ts'
import type { Artifact, GraphUpdate, Request, Stage } from './artifact.ts'
import { decode, readSource } from './content/read.ts'
import { type Draft, draftOf, finishDraft } from './draft.ts'
import { cycles, Graph, type GraphNode, guardedRequests, nodeOf } from './graph.ts'
import { isCurrent, isGuardedAs } from './kept.ts'
import { checkLinks } from './link-check.ts'
import { planUpdate, unaccepted } from './plan.ts'
import { Resolver } from './resolve/resolver.ts'
import { StageError } from './stage-error.ts'
import type { JsxOptions } from './transform/fallback.ts'
import { placeOf } from './transform/parse.ts'
import { RecentSources } from './transform/recent.ts'

export interface StagerOptions {
  /** folder that closure hashes name files relative to */
  readonly root: string
  /** XXH3-64 of the bytes as 16 hex digits */
  readonly hash: (bytes: Uint8Array) => string
  /** make a V8 code cache for each artifact; default true */
  readonly codeCache?: boolean
  /** contents to take instead of what is on disk, by module id; looked up whenever a file is read */
  readonly contents?: ReadonlyMap<string, Uint8Array>
  /**
   * A module as it was staged before, in this process or in another, by id and content hash: what a
   * store has kept. It is taken, code cache and all, when its imports lead to where they led then.
   */
  readonly kept?: (id: string, hash: string) => Artifact | undefined
  /** how JSX is compiled; without it, as the nearest tsconfig.json says */
  readonly jsx?: JsxOptions
}

export interface StageRequest {
  /** absolute paths that may have changed; unchanged ones are no work */
  readonly files?: readonly string[]
  /** kept versions to go back to, instead of what is on disk */
  readonly artifacts?: readonly Artifact[]
  /** files to add to the graph although nothing imports them */
  readonly entries?: readonly string[]
  /** modules whose importers are to be evaluated again, because `import.meta.hot.invalidate` was called there */
  readonly invalidated?: readonly string[]
}

export class Stager {
  readonly #options: StagerOptions
  readonly #resolver: Resolver
  readonly #recent = new RecentSources()
  readonly #staged = new WeakMap<Stage, { readonly graph: Graph; readonly base: Graph }>()
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
    const work = new Staging(this.#graph, this.#resolver, this.#recent, this.#options, request)
    const { graph, changed, warnings } = work.run()
    const rerun = request.invalidated?.flatMap((id) => this.#importersToRerun(id))
    const update = planUpdate(this.#graph, graph, changed, rerun)
    const path = unaccepted(this.#graph, graph, update)
    if (path) throw notAccepted(path)
    const stage: Stage = { update, units: this.#movedUnits(graph, update), warnings }
    this.#staged.set(stage, { graph, base: this.#graph })
    return stage
  }

  /** Makes a stage the base. @throws TickswapError TICKSWAP_E_INTERNAL for a stage of another stager */
  accept(stage: Stage): void {
    const staged = this.#staged.get(stage)
    if (!staged) throw new TickswapError('TICKSWAP_E_INTERNAL', 'the stage was not made by this stager')
    this.#graph = staged.graph.withAdditions(staged.base, this.#graph)
  }

  /** A stage with better code caches, by module id: those made after a rehearsal. */
  withCaches(stage: Stage, caches: ReadonlyMap<string, Uint8Array>): Stage {
    const staged = this.#staged.get(stage)
    if (!staged) throw new TickswapError('TICKSWAP_E_INTERNAL', 'the stage was not made by this stager')
    const warm = (artifact: Artifact): Artifact => {
      const cache = caches.get(artifact.id)
      return cache ? { ...artifact, cache } : artifact
    }
    const artifacts = stage.update.artifacts.map(warm)
    const modules = new Map(staged.graph.modules)
    for (const artifact of artifacts) modules.set(artifact.id, artifact)
    const better: Stage = { ...stage, update: { ...stage.update, artifacts } }
    this.#staged.set(better, { ...staged, graph: new Graph(modules, staged.graph.entries) })
    return better
  }

  /** What a name means when nothing imports it: relative to the root, or a package from there. */
  resolve(specifier: string): Request {
    return this.#resolver.resolve(specifier, join(this.#options.root, 'index'))
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

  #importersToRerun(id: string): string[] {
    const importers = [...this.#graph.importersOf(id)]
    if (importers.length === 0) throw notAccepted(this.importPath(id))
    return importers
  }

  #graphOf(stage: Stage | undefined): Graph {
    return (stage && this.#staged.get(stage)?.graph) ?? this.#graph
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
  readonly #recent: RecentSources
  readonly #options: StagerOptions
  readonly #request: StageRequest
  readonly #drafts = new Map<string, Draft>()
  readonly #given: Map<string, Artifact>
  /** bytes of the files whose artifacts were kept */
  readonly #kept = new Map<string, Uint8Array>()
  readonly #gone = new Map<string, TickswapError>()
  /** new modules that do not compile or link, and that only an `import()` needs */
  readonly #broken = new Set<string>()
  /** modules that the entries import statically */
  #needed: ReadonlySet<string> = new Set()
  readonly #errors: TickswapError[] = []
  readonly #warnings: Finding[] = []

  constructor(
    base: Graph,
    resolver: Resolver,
    recent: RecentSources,
    options: StagerOptions,
    request: StageRequest,
  ) {
    this.#base = base
    this.#resolver = resolver
    this.#recent = recent
    this.#options = options
    this.#request = request
    // What a kept version shares with the running ones is not a change.
    const differing = request.artifacts?.filter(({ id, hash }) => base.modules.get(id)?.hash !== hash)
    this.#given = new Map(differing?.map((artifact) => [artifact.id, artifact]))
    resolver.refresh()
  }

  run(): { graph: Graph; changed: Artifact[]; warnings: Finding[] } {
    for (const file of this.#request.files ?? []) this.#readChanged(file)
    const entries = new Set([...this.#base.entries, ...(this.#request.entries ?? [])])
    for (;;) {
      const result = this.#build(entries)
      if (result) return result
    }
  }

  /** @returns undefined when something that only an `import()` needs is broken, and is to be left out */
  #build(entries: ReadonlySet<string>) {
    const reached = this.#reach(entries)
    this.#throwErrors()
    const printed = this.#print(reached)
    const modules = new Map(
      reached.flatMap((id) => {
        const artifact = printed.get(id) ?? this.#base.modules.get(id)
        return artifact ? [[id, artifact] as const] : []
      }),
    )
    const graph = new Graph(modules, entries)
    this.#errors.push(...checkLinks(graph, printed.keys()))
    if (this.#leaveOut()) return undefined
    this.#throwErrors()
    const named = this.#nameExports(graph, printed)
    return {
      graph: named,
      changed: [...printed.keys()].map((id) => named.modules.get(id)!),
      warnings: this.#warnings,
    }
  }

  /** Whether all errors are in new modules that nothing imports statically. */
  #leaveOut(): boolean {
    if (this.#errors.length === 0) return false
    const files = this.#errors.map((error) => error.finding.file ?? '')
    const isLazy = (file: string) => !this.#needed.has(file) && !this.#base.modules.has(file)
    if (!files.every(isLazy)) return false
    for (const error of this.#errors.splice(0)) this.#warnings.push({ ...error.finding, severity: 'warning' })
    for (const file of files) this.#broken.add(file)
    return true
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
          if (bytes.length === 0 && hash !== known.hash && id === file) throw empty(file)
          if (hash !== known.hash) this.#drafts.set(id, this.#draft(id, bytes, hash))
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

  #draft(id: string, bytes: Uint8Array, hash: string): Draft {
    const draft = draftOf(id, bytes, hash, {
      packages: this.#resolver.packages,
      recent: this.#recent,
      jsx: this.#options.jsx,
    })
    const { content, file } = draft
    draft.requests = content.requests.map(({ specifier, type, start }) => {
      const place = { file, ...placeOf(decode(bytes), start) }
      return this.#resolve(withType(specifier, type), place)
    })
    const lazy = content.lazy.map((specifier) => this.#resolveLazy(specifier, file, content.requires))
    draft.lazy = lazy.flat()
    draft.unresolved = content.lazy.filter((_, index) => lazy[index]!.length === 0)
    return draft
  }

  #resolve(specifier: string, place: Place & { file: string }): Request {
    try {
      const { line, column } = place
      return { ...this.#resolver.resolve(specifier, place.file), line: line!, column: column! }
    } catch (error) {
      if (!(error instanceof TickswapError)) throw error
      throw new TickswapError(error.code, error.finding.message, place)
    }
  }

  /** An `import()` or `require` that leads nowhere fails when it is called, as it does natively. */
  #resolveLazy(specifier: string, file: string, requires: boolean): Request[] {
    try {
      return [
        requires ? this.#resolver.resolveRequire(specifier, file) : this.#resolver.resolve(specifier, file),
      ]
    } catch (error) {
      if (!(error instanceof TickswapError)) return []
      this.#warnings.push(finding(error.code, error.finding.message, { severity: 'warning', file }))
      return []
    }
  }

  /**
   * All modules that the entries lead to, loading the ones the graph does not have
   * yet. What only an `import()` leads to, and cannot be loaded, is left out: the call
   * will fail, as it does natively.
   */
  #reach(entries: ReadonlySet<string>): string[] {
    const reached = new Set<string>()
    this.#follow(entries, reached)
    this.#needed = new Set(reached)
    for (const id of reached) {
      for (const { kind, id: target } of this.#node(id)?.lazy ?? []) {
        if (kind === 'hot' && !reached.has(target)) this.#followLazy(target, reached)
      }
    }
    return [...reached]
  }

  #follow(roots: Iterable<string>, reached: Set<string>): void {
    const open = new Set(roots)
    for (const id of open) {
      if (reached.has(id)) continue
      reached.add(id)
      for (const request of this.#node(id)?.requests ?? []) if (request.kind === 'hot') open.add(request.id)
    }
  }

  #followLazy(root: string, reached: Set<string>): void {
    const tentative = new Set(reached)
    const errorsBefore = this.#errors.length
    this.#follow([root], tentative)
    const failed = this.#errors.length > errorsBefore || [...tentative].some((id) => this.#broken.has(id))
    if (failed && !this.#base.modules.has(root)) {
      for (const error of this.#errors.splice(errorsBefore)) {
        this.#warnings.push({ ...error.finding, severity: 'warning' })
      }
    } else for (const id of tentative) reached.add(id)
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

  #load(id: string): GraphNode | undefined {
    let node: GraphNode | undefined
    this.#attempt(
      () => {
        const bytes = this.#options.contents?.get(id) ?? readSource(id)
        const hash = this.#options.hash(bytes)
        node = this.#takeKept(id, bytes, hash) ?? this.#draft(id, bytes, hash)
        if ('content' in node) this.#drafts.set(id, node as Draft)
      },
      (error) => this.#errors.push(error),
    )
    return node
  }

  #takeKept(id: string, bytes: Uint8Array, hash: string): GraphNode | undefined {
    const kept = this.#options.kept?.(id, hash)
    if (kept?.id !== id || kept.hash !== hash || !isCurrent(kept, this.#resolver)) return undefined
    this.#given.set(id, kept)
    this.#kept.set(id, bytes)
    return nodeOf(kept)
  }

  #print(reached: readonly string[]): Map<string, Artifact> {
    const printed = new Map<string, Artifact>()
    const fresh = reached.filter((id) => this.#drafts.has(id) || this.#given.has(id))
    const groups = fresh.length > 0 ? cycles(reached, (id) => this.#node(id)) : new Map<string, number>()
    for (const id of fresh) {
      const given = this.#given.get(id)
      const guarded = guardedRequests(this.#node(id)!, groups)
      const bytes = this.#kept.get(id)
      if (given && (!bytes || isGuardedAs(given, guarded))) {
        printed.set(id, given)
        continue
      }
      this.#attempt(
        () => {
          const draft = this.#drafts.get(id) ?? this.#draft(id, bytes!, given!.hash)
          printed.set(id, finishDraft(draft, guarded, this.#options.codeCache ?? true))
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

function notAccepted(path: readonly string[]): TickswapError {
  const message = `no module takes the update; it goes from ${path.join(' to ')}`
  return new StageError([new TickswapError('TICKSWAP_E_NOT_ACCEPTED', message, { file: path[0]! })])
}

/** A file in the middle of being saved looks like this: it never replaces what runs. */
const empty = (file: string) => new TickswapError('TICKSWAP_E_FILE_EMPTY', 'the file is empty', { file })

/** `with { type: 'text' }` and `'bytes'` ask for what `?raw` and `?bytes` do. */
function withType(specifier: string, type: string | undefined): string {
  if (type === 'text') return `${specifier}?raw`
  return type === 'bytes' ? `${specifier}?bytes` : specifier
}
