import { type Finding, finding, type Place, TickswapError } from '../../errors.ts'
import type { Artifact, Request } from './artifact.ts'
import { decode, readSource } from './content/read.ts'
import { type Draft, draftOf, finishDraft } from './draft.ts'
import { cycles, Graph, type GraphNode, guardedRequests, nodeOf } from './graph.ts'
import { isCurrent, isGuardedAs } from './kept.ts'
import { checkLinks } from './link-check.ts'
import { checkType, withType } from './resolve/attributes.ts'
import type { ExternalShapes } from './resolve/external-shape.ts'
import { ResolveError } from './resolve/resolve-error.ts'
import type { Resolver } from './resolve/resolver.ts'
import { StageError } from './stage-error.ts'
import type { Outlined } from './surface/outline.ts'
import type { SourceRequest } from './transform/declarations.ts'
import type { JsxOptions } from './transform/fallback.ts'
import { placeOf } from './transform/parse.ts'
import type { RecentSources } from './transform/recent.ts'

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
  /** told of every file that is taken in, with its bytes */
  readonly onRead?: (id: string, hash: string, bytes: Uint8Array) => void
  /** how JSX is compiled; without it, as the nearest tsconfig.json says */
  readonly jsx?: JsxOptions
  /**
   * what becomes of an edit that nobody accepts, and that would run an entry again which is no unit;
   * default: refused when a module of the program uses `import.meta.hot`
   */
  readonly unaccepted?: Unaccepted
  /** takes what the outline of a module is made of, for who compares versions */
  readonly outlined?: (hash: string, outlined: Outlined) => void
}

export type Unaccepted = 'refuse' | 'rerun'

export interface StageRequest {
  /** absolute paths that may have changed; unchanged ones are no work */
  readonly files?: readonly string[]
  /** kept versions to go back to, instead of what is on disk */
  readonly artifacts?: readonly Artifact[]
  /** files to add to the graph although nothing imports them */
  readonly entries?: readonly string[]
  /** told of every module before it is read, made or compiled; what it throws ends the work */
  readonly onModule?: (file: string) => void
  /** modules whose importers are to be evaluated again, because `import.meta.hot.invalidate` was called there */
  readonly invalidated?: readonly string[]
}

/** The work of one stage: from files on disk to a new graph. */
export class Staging {
  readonly #base: Graph
  readonly #resolver: Resolver
  readonly #shapes: ExternalShapes
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
  /** modules that did not change, and are printed anew because they are in a circle of imports now */
  readonly #reprinted = new Set<string>()
  /** modules that the entries import statically */
  #needed: ReadonlySet<string> = new Set()
  readonly #errors: TickswapError[] = []
  readonly #warnings: Finding[] = []

  constructor(
    base: Graph,
    resolver: Resolver,
    shapes: ExternalShapes,
    recent: RecentSources,
    options: StagerOptions,
    request: StageRequest,
  ) {
    this.#base = base
    this.#resolver = resolver
    this.#shapes = shapes
    this.#recent = recent
    this.#options = options
    this.#request = request
    // What a kept version shares with the running ones is not a change.
    const differing = request.artifacts?.filter(({ id, hash }) => base.modules.get(id)?.hash !== hash)
    this.#given = new Map(differing?.map((artifact) => [artifact.id, artifact]))
    if (resolver.refresh()) shapes.refresh()
  }

  run(): { graph: Graph; changed: Artifact[]; reprinted: Artifact[]; warnings: Finding[] } {
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
    this.#errors.push(...checkLinks(graph, printed.keys(), this.#shapes))
    if (this.#leaveOut()) return undefined
    this.#throwErrors()
    const named = this.#nameExports(graph, printed)
    const result = [...printed.keys()].map((id) => named.modules.get(id)!)
    return {
      graph: named,
      changed: result.filter(({ id }) => !this.#reprinted.has(id)),
      reprinted: result.filter(({ id }) => this.#reprinted.has(id)),
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
    for (const id of this.#base.idsOf(file)) {
      const known = this.#base.modules.get(id)
      if (!known || this.#given.has(id)) continue
      this.#attempt(
        () => {
          this.#request.onModule?.(id)
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
    this.#options.onRead?.(id, hash, bytes)
    const draft = draftOf(id, bytes, hash, {
      packages: this.#resolver.packages,
      recent: this.#recent,
      jsx: this.#options.jsx,
    })
    const { content, file } = draft
    if (content.outlined) this.#options.outlined?.(hash, content.outlined)
    draft.requests = content.requests.map((request) =>
      this.#resolve(request, { file, ...placeOf(decode(bytes), request.start) }),
    )
    draft.live = this.#liveNames(draft)
    const lazy = content.lazy.map((specifier) => this.#resolveLazy(specifier, file, content.requires))
    draft.lazy = lazy.flat()
    draft.unresolved = content.lazy.filter((_, index) => lazy[index]!.length === 0)
    return draft
  }

  #liveNames({ content, requests }: Draft): ReadonlySet<string> {
    const live = new Set<string>()
    for (const { local, request, imported } of content.bindings ?? []) {
      const { kind, id } = requests[request]!
      if (kind === 'external' && this.#shapes.isLive(id, imported)) live.add(local)
    }
    return live
  }

  #resolve({ specifier, type, unknownAttribute }: SourceRequest, place: Place & { file: string }): Request {
    try {
      const found = this.#resolver.resolve(withType(specifier, type, unknownAttribute), place.file)
      checkType(found, type)
      const { line, column } = place
      return { ...found, line: line!, column: column!, ...(type && found.kind === 'external' && { type }) }
    } catch (error) {
      if (error instanceof ResolveError) throw error.at(place)
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
        this.#request.onModule?.(id)
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
    this.#options.onRead?.(id, hash, bytes)
    this.#given.set(id, kept)
    this.#kept.set(id, bytes)
    return nodeOf(kept)
  }

  #print(reached: readonly string[]): Map<string, Artifact> {
    const printed = new Map<string, Artifact>()
    const isFresh = (id: string) => this.#drafts.has(id) || this.#given.has(id)
    const groups = reached.some(isFresh) ? cycles(reached, (id) => this.#node(id)) : new Map<string, number>()
    this.#reprint(reached, groups)
    for (const id of reached.filter(isFresh)) {
      const given = this.#given.get(id)
      const guarded = guardedRequests(this.#node(id)!, groups)
      const bytes = this.#kept.get(id)
      if (given && (!bytes || isGuardedAs(given, guarded))) {
        printed.set(id, given)
        continue
      }
      this.#attempt(
        () => {
          this.#request.onModule?.(id)
          const draft = this.#drafts.get(id) ?? this.#draft(id, bytes!, given!.hash)
          printed.set(id, finishDraft(draft, guarded, this.#options.codeCache ?? true))
        },
        (error) => this.#errors.push(error),
      )
    }
    return printed
  }

  /**
   * A circle that another file closes: modules that were printed without guards get them.
   * When the file is not what it was, its own edit will come.
   */
  #reprint(reached: readonly string[], groups: ReadonlyMap<string, number>): void {
    for (const id of reached) {
      const known = this.#base.modules.get(id)
      if (!groups.has(id) || !known || this.#drafts.has(id) || this.#given.has(id)) continue
      const { links, hash, kind } = known
      const guarded = guardedRequests(nodeOf(known), groups)
      if (kind !== 'esm' || links.slots.every((slot) => slot.guarded || !guarded.has(slot.request))) continue
      this.#attempt(
        () => {
          const bytes = this.#options.contents?.get(id) ?? readSource(id)
          if (this.#options.hash(bytes) !== hash) return
          this.#drafts.set(id, this.#draft(id, bytes, hash))
          this.#reprinted.add(id)
        },
        () => undefined,
      )
    }
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

/** A file in the middle of being saved looks like this: it never replaces what runs. */
const empty = (file: string) => new TickswapError('TICKSWAP_E_FILE_EMPTY', 'the file is empty', { file })
