/**
 * The linker runs artifacts, in every participant. Synchronous where it has to be: it
 * works in a loop that never yields to the event loop.
 *
 *     const linker = new Linker()
 *     await linker.loadAsync(update)            // boot; or linker.load(update), without awaiting
 *     const prepared = linker.prepare(update)   // compiles and evaluates beside what runs; throws what it throws
 *     prepared.namespace(id)                    // the candidate's exports
 *     prepared.commit()                         // at the boundary: slots are rebound, nothing is evaluated
 *     prepared.revert()                         // back again, exactly; commit() may follow
 *     prepared.settle()                         // for good: what was replaced is disposed and forgotten
 *     prepared.discard()                        // instead of commit, or after revert
 *     linker.namespace(id)                      // what runs now
 */

import { fileURLToPath } from 'node:url'
import type { Artifact, GraphUpdate } from './artifact.ts'
import { evaluationOrder } from './graph.ts'
import { errorPayload } from './link/hot.ts'
import { Prepared } from './link/prepared.ts'
import { RunningWorld } from './link/running-world.ts'
import { nodeIn } from './link/world.ts'

export type { Prepared } from './link/prepared.ts'

export interface LinkerOptions {
  /** stages a hot file that the graph does not have and applies it, for `import()` of a computed name */
  readonly loadMissing?: (id: string) => Promise<void>
  /** called whenever a module has called `import.meta.hot.invalidate`; see `takeInvalidated` */
  readonly onInvalidate?: () => void
}

export class Linker {
  readonly #world: RunningWorld
  readonly #options: LinkerOptions
  /** modules whose evaluation threw: as in Node, importing them again throws the same */
  readonly #failures = new Map<string, unknown>()
  /** one evaluation after the other, so that no module is evaluated twice */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: LinkerOptions = {}) {
    this.#options = options
    this.#world = new RunningWorld({
      importHot: (id) => this.importHot(id),
      loadMissing: async (id) => this.#options.loadMissing?.(id),
      invalidated: () => this.#options.onInvalidate?.(),
    })
  }

  /** Loads without yielding. @throws what a module throws; TICKSWAP_E_TOP_LEVEL_AWAIT when one awaits */
  load(update: GraphUpdate): void {
    this.#finish(this.prepare(update))
  }

  /** Loads externals natively, then evaluates, with top-level await. */
  async loadAsync(update: GraphUpdate): Promise<void> {
    this.#finish(await this.prepareAsync(update))
  }

  /** Evaluates an update beside the running modules, without yielding. */
  prepare(update: GraphUpdate): Prepared {
    this.#failures.clear()
    try {
      return new Prepared(this.#world, update).evaluateSync()
    } catch (error) {
      this.emitError(error)
      throw error
    }
  }

  prepareAsync(update: GraphUpdate): Promise<Prepared> {
    this.#failures.clear()
    return new Prepared(this.#world, update).evaluateAsync()
  }

  /** The namespace object of a running module. @throws TypeError when there is no such module */
  namespace(id: string): object {
    if (!this.has(id)) throw new TypeError(`no module ${id} is running`)
    return this.#world.namespace(id)
  }

  /** Whether a module has been evaluated here. */
  has(id: string): boolean {
    return this.#world.instance(id) !== undefined
  }

  /** The version of a module that runs here. */
  sourceOf(id: string): Artifact | undefined {
    return this.#world.instance(id)?.artifact
  }

  /** The code cache of a running module, with the functions that have run so far. */
  codeCache(id: string): Uint8Array | undefined {
    return this.#world.instance(id)?.codeCache()
  }

  /** Files of running hot modules that an error's stack goes through, the innermost first. */
  filesInStack(error: unknown): string[] {
    const stack = error instanceof Error ? String(error.stack) : ''
    const files = [...stack.matchAll(/file:\/\/[^\s)]+?(?=:\d+:\d+)/g)].map(([url]) => fileURLToPath(url))
    return [...new Set(files)].filter((file) => this.has(file))
  }

  /** The namespace of a hot module, which is evaluated first if it is not running yet. */
  async importHot(id: string): Promise<object> {
    if (!this.#world.artifact(id)) await this.#options.loadMissing?.(id)
    if (!this.has(id)) {
      const turn = this.#turn.then(() => (this.has(id) ? undefined : this.#evaluate(id)))
      this.#turn = turn.catch(() => undefined)
      await turn
    }
    await this.#world.instance(id)?.finished()
    return this.namespace(id)
  }

  /** Takes in modules without evaluating them; `importHot` does that when it is asked to. */
  adopt(update: GraphUpdate): void {
    const known = new Prepared(this.#world, { ...update, evaluate: [], rebind: [] })
    known.commit()
    known.settle()
  }

  /** Modules that called `import.meta.hot.invalidate` since this was asked last; for `stage({ invalidated })`. */
  takeInvalidated(): string[] {
    return this.#world.hot.takeInvalidated()
  }

  /** Tells the listeners of `import.meta.hot.on` that an edit was refused. @returns what they threw */
  emitError(error: unknown): unknown[] {
    return this.#world.hot.emit('vite:error', errorPayload(error))
  }

  /** Forgets everything that runs. */
  clear(): void {
    this.#world.clear()
  }

  /** Evaluates what `id` imports and itself; what was through before an error stays, and the error too. */
  async #evaluate(id: string): Promise<void> {
    const order = evaluationOrder([id], (each) => nodeIn(this.#world, each))
    for (const each of order) {
      if (this.#failures.has(each)) throw this.#failures.get(each)
      const running = this.#world.instance(each)
      if (running?.hasFailed) await running.finished()
    }
    const evaluate = order.filter((each) => !this.has(each))
    const prepared = new Prepared(this.#world, { artifacts: [], evaluate, lazy: [], rebind: [], removed: [] })
    try {
      this.#finish(await prepared.evaluateAsync())
    } catch (error) {
      for (const each of prepared.salvage()) this.#failures.set(each, error)
      throw error
    }
  }

  /** A first load. */
  #finish(prepared: Prepared): void {
    prepared.commit()
    prepared.settle()
    this.#world.hot.dropInvalidated(prepared.evaluated)
  }
}
