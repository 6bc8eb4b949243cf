import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TickswapError } from '../../errors.ts'
import type { Stage } from './artifact.ts'
import { Linker } from './linker.ts'
import { asLoaderError } from './loader-error.ts'
import { ResolveError } from './resolve/resolve-error.ts'
import { StageError } from './stage-error.ts'
import { Stager, type Unaccepted } from './stager.ts'
import type { JsxOptions } from './transform/fallback.ts'

export interface LoaderOptions {
  /** folder that relative names are resolved from; default: the working directory */
  readonly root?: string
  /** content hash, 16 hex digits */
  readonly hash?: (bytes: Uint8Array) => string
  /** how JSX is compiled; without it, as the nearest tsconfig.json says */
  readonly jsx?: JsxOptions
  /**
   * What becomes of an edit that no module accepts with `import.meta.hot`, that no unit is
   * above of, and that would have an entry evaluated again: `refuse` it with the path of importers,
   * or `rerun` the modules on that path. Default: `refuse` as soon as a module of the program
   * uses `import.meta.hot`, `rerun` for programs that never mention it.
   */
  readonly unaccepted?: Unaccepted
}

/** One module of the loader's graph. */
export interface GraphModule {
  readonly id: string
  readonly file: string
  /** hash of its source bytes */
  readonly hash: string
  /** ids of the hot modules it imports */
  readonly imports: readonly string[]
  /** ids of the hot modules that import it */
  readonly importers: readonly string[]
  readonly externals: readonly string[]
  readonly exports: readonly string[]
  readonly isUnit: boolean
  /** whether it has been evaluated */
  readonly evaluated: boolean
}

/** What a reload did. */
export interface ReloadReport {
  /** modules evaluated anew, dependencies first */
  readonly evaluated: readonly string[]
  /** modules whose imports were rebound, without evaluating them */
  readonly rebound: readonly string[]
  readonly removed: readonly string[]
  /** what callbacks of `import.meta.hot` threw; the update stands all the same */
  readonly callbackErrors: readonly unknown[]
}

/** Hot modules by themselves: no runtime, no watcher. */
export interface Loader {
  /**
   * The namespace of a module: a path, absolute or relative to the root, a file URL, or a package.
   * @throws what the module throws; SyntaxError with a TICKSWAP_E_* code
   */
  import(file: string | URL): Promise<Record<string, unknown>>
  /**
   * Takes in files that changed on disk: all of them, or on an error none of them.
   * @throws what a module throws; SyntaxError with a TICKSWAP_E_* code
   */
  reload(files: string | URL | readonly (string | URL)[]): Promise<ReloadReport>
  graph(): readonly GraphModule[]
  close(): Promise<void>
}

export async function createLoader(options: LoaderOptions = {}): Promise<Loader> {
  return new StandaloneLoader(options)
}

const shortHash = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex').slice(0, 16)

class StandaloneLoader implements Loader {
  readonly #root: string
  readonly #stager: Stager
  readonly #linker: Linker
  /** files of refused reloads: what they say now is not what runs */
  readonly #behind = new Set<string>()
  /** modules that could not be staged when they were imported, and why */
  readonly #refused = new Map<string, { readonly raw: StageError; readonly shown: unknown }>()
  #turn: Promise<unknown> = Promise.resolve()
  #closed = false
  #isReloading = false

  constructor({ root = process.cwd(), hash = shortHash, jsx, unaccepted }: LoaderOptions) {
    this.#root = realpathSync(resolve(root))
    this.#stager = new Stager({
      root: this.#root,
      hash,
      codeCache: false,
      ...(jsx && { jsx }),
      ...(unaccepted && { unaccepted }),
    })
    this.#linker = new Linker({
      loadMissing: (id) => this.#add(id),
      onInvalidate: () => this.#passOn(),
    })
  }

  async import(file: string | URL): Promise<Record<string, unknown>> {
    this.#checkOpen()
    const path = this.#pathOf(file)
    try {
      const { kind, id } = this.#stager.resolve(path)
      if (kind === 'external') return await import(id)
      // What was asked for by name stays, even when nothing imports it any more.
      if (!this.#stager.graph.entries.has(id)) await this.#add(id)
      return (await this.#linker.importHot(id)) as Record<string, unknown>
    } catch (error) {
      throw asLoaderError(error)
    }
  }

  async reload(files: string | URL | readonly (string | URL)[]): Promise<ReloadReport> {
    this.#checkOpen()
    const paths = [files].flat().map((file) => this.#pathOf(file as string | URL))
    const report = this.#turn.then(() => this.#reload(paths))
    this.#turn = report.catch(() => undefined)
    return report
  }

  graph(): readonly GraphModule[] {
    const { graph } = this.#stager
    return graph.order.map((id) => {
      const { file, hash, imports, externals, exports, isUnit } = graph.modules.get(id)!
      const importers = [...graph.importersOf(id)]
      return {
        id,
        file,
        hash,
        imports,
        importers,
        externals,
        exports,
        isUnit,
        evaluated: this.#linker.has(id),
      }
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#turn
    this.#linker.clear()
  }

  #checkOpen(): void {
    if (this.#closed) throw new TickswapError('TICKSWAP_E_CLOSED', 'the loader is closed')
  }

  #pathOf(asked: string | URL): string {
    const file = String(asked)
    if (file.startsWith('file:')) return fileURLToPath(file)
    return isAbsolute(file) || !/^\.{0,2}\/|\.\w+$/.test(file) ? file : resolve(this.#root, file)
  }

  /** Adds a module and what it imports to the graph; nothing that runs is touched. */
  async #add(id: string): Promise<void> {
    const stage = await this.#stager.boot([id]).catch((error) => {
      throw this.#sameAsBefore(id, error)
    })
    this.#stager.accept(stage)
    this.#linker.adopt(stage.update)
  }

  /** A module that is as wrong as it was the last time fails with the same error, as in Node. */
  #sameAsBefore(id: string, error: unknown): unknown {
    const known = this.#refused.get(id)
    if (known && known.raw.message === (error as Error).message) return known.shown
    if (!(error instanceof StageError) || error.first instanceof ResolveError) return error
    const shown = asLoaderError(error)
    this.#refused.set(id, { raw: error, shown })
    return shown
  }

  async #reload(paths: readonly string[]): Promise<ReloadReport> {
    this.#isReloading = true
    try {
      const report = await this.#apply(await this.#stageWithLate(paths))
      for (const file of [...this.#behind, ...paths]) this.#behind.delete(file)
      return await this.#rerunInvalidated(report)
    } catch (error) {
      for (const path of paths) this.#behind.add(path)
      this.#linker.emitError(error)
      throw asLoaderError(error)
    } finally {
      this.#isReloading = false
    }
  }

  async #apply(stage: Stage): Promise<ReloadReport> {
    const prepared = await this.#linker.prepareAsync(stage.update)
    const { evaluated } = prepared
    const { rebind: rebound, removed } = stage.update
    prepared.commit()
    this.#stager.accept(stage)
    const callbackErrors = prepared.settle()
    return { evaluated, rebound, removed, callbackErrors }
  }

  /** A module may call `invalidate` at any time; nobody waits for what comes of it but its listeners. */
  #passOn(): void {
    if (this.#isReloading || this.#closed) return
    const nothing: ReloadReport = { evaluated: [], rebound: [], removed: [], callbackErrors: [] }
    const passed = this.#turn.then(() => this.#rerunInvalidated(nothing))
    this.#turn = passed.catch((error) => this.#linker.emitError(error))
  }

  /** `import.meta.hot.invalidate` passes an update on to the importers. */
  async #rerunInvalidated(report: ReloadReport): Promise<ReloadReport> {
    const invalidated = this.#linker.takeInvalidated()
    if (invalidated.length === 0) return report
    const more = await this.#apply(await this.#stager.stage({ invalidated }))
    return this.#rerunInvalidated({
      evaluated: [...report.evaluated, ...more.evaluated],
      rebound: [...report.rebound, ...more.rebound],
      removed: [...report.removed, ...more.removed],
      callbackErrors: [...report.callbackErrors, ...more.callbackErrors],
    })
  }

  /** Files that were refused before come along, unless they are what stands in the way. */
  async #stageWithLate(paths: readonly string[]): Promise<Stage> {
    if (this.#behind.size === 0) return this.#stager.stage(paths)
    try {
      return await this.#stager.stage([...new Set([...paths, ...this.#behind])])
    } catch {
      return this.#stager.stage(paths)
    }
  }
}
