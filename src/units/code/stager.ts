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
import { isAbsolute, join, relative } from 'node:path'
import { TickswapError } from '../../errors.ts'
import type { Artifact, GraphUpdate, Request, Stage } from './artifact.ts'
import { Graph } from './graph.ts'
import { planUpdate, unaccepted, usesHot } from './plan.ts'
import { ExternalShapes } from './resolve/external-shape.ts'
import { Resolver } from './resolve/resolver.ts'
import { StageError } from './stage-error.ts'
import { type StageRequest, type StagerOptions, Staging } from './staging.ts'
import { RecentSources } from './transform/recent.ts'

export type { StageRequest, StagerOptions, Unaccepted } from './staging.ts'

export class Stager {
  readonly #options: StagerOptions
  readonly #resolver: Resolver
  readonly #shapes: ExternalShapes
  readonly #recent = new RecentSources()
  readonly #staged = new WeakMap<Stage, { readonly graph: Graph; readonly base: Graph }>()
  #graph = new Graph(new Map(), new Set())

  constructor(options: StagerOptions) {
    this.#options = options
    const isGiven = (file: string) => options.contents?.has(file) === true
    this.#resolver = new Resolver((file) => this.#graph.modules.has(file), isGiven)
    this.#shapes = new ExternalShapes(this.#resolver)
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
    const work = new Staging(this.#graph, this.#resolver, this.#shapes, this.#recent, this.#options, request)
    const { graph, changed, reprinted, warnings } = work.run()
    const rerun = request.invalidated?.flatMap((id) => this.#importersToRerun(id)) ?? []
    const update = planUpdate(this.#graph, graph, changed, { rerun, reprinted })
    const path = this.#refuses(graph) ? unaccepted(this.#graph, graph, update) : undefined
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
    const from = join(this.#options.root, 'index')
    return isAbsolute(specifier)
      ? this.#resolver.resolvePath(specifier, from)
      : this.#resolver.resolve(specifier, from)
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

  /** Without a word about it, a program that never mentions `import.meta.hot` is run again. */
  #refuses(next: Graph): boolean {
    const { unaccepted: rule } = this.#options
    return rule ? rule === 'refuse' : usesHot(this.#graph) || usesHot(next)
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

function notAccepted(path: readonly string[]): TickswapError {
  const message = `no module takes the update; it goes from ${path.join(' to ')}`
  return new StageError([new TickswapError('TICKSWAP_E_NOT_ACCEPTED', message, { file: path[0]! })])
}
