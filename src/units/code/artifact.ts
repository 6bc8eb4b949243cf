import type { Finding } from '../../errors.ts'

/**
 * One staged module: everything a participant needs to run it, made off the
 * participant. Immutable and structured-cloneable; two artifacts with the same `id`
 * and `hash` are interchangeable.
 */
export interface Artifact {
  /** absolute real path, plus `?raw` or `?bytes` where the import asked for it */
  readonly id: string
  readonly file: string
  /** XXH3-64 of the source bytes, 16 hex digits */
  readonly hash: string
  /** script text whose completion value is the module's function */
  readonly code: string
  /** V8 code cache for `code`, if there is one */
  readonly cache?: Uint8Array
  /** hot modules this one imports: ids, in the order of evaluation, without duplicates */
  readonly imports: readonly string[]
  /** npm and `node:` modules this one imports, as they are to be loaded natively */
  readonly externals: readonly string[]
  /** names it exports, `export *` resolved */
  readonly exports: readonly string[]
  /** true when the source exports a `unit` */
  readonly isUnit: boolean
  /** true when the body awaits */
  readonly async: boolean
}

/** A change of the graph, computed by the control thread, applied by every participant. */
export interface GraphUpdate {
  /** new and changed modules */
  readonly artifacts: readonly Artifact[]
  /** modules to evaluate anew, dependencies first; every other importer only rebinds */
  readonly evaluate: readonly string[]
  /** running modules whose imports are rebound without evaluating them again */
  readonly rebind: readonly string[]
  /** modules that nothing imports any more */
  readonly removed: readonly string[]
}

/** The result of staging: an update, or why there is none. */
export interface Stage {
  readonly update: GraphUpdate
  /** unit files whose code changes with this update (their own file, or a module that travels with them) */
  readonly units: readonly string[]
  readonly warnings: readonly Finding[]
}
