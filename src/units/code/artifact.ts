import type { Finding } from '../../errors.ts'

/** How a module's file becomes a module. */
export type ModuleKind = 'esm' | 'cjs' | 'json' | 'wasm' | 'raw' | 'bytes'

/** One `from '...'` of a module, after resolution. */
export interface Request {
  readonly specifier: string
  readonly kind: 'hot' | 'external'
  /** a module id when hot; a URL or `node:` name, as it is to be loaded natively, when external */
  readonly id: string
  /** the `type` of an external's import attributes */
  readonly type?: string
  /** where the specifier stands, from 1 */
  readonly line?: number
  readonly column?: number
}

/**
 * One imported binding, kept in a variable of the importer that the linker sets.
 * `name` is the export it shows; `*` is the namespace object, and `view` a plain
 * object with the same values, which `ns.name` reads at the speed of a property;
 * `calls` another one, for `ns.name()`, whose functions get the namespace as `this`.
 */
export interface Slot {
  readonly request: number
  readonly name: string
  readonly kind: 'value' | 'namespace' | 'view' | 'calls'
  /** the importer never reads it as a value: it may be a type, so it may be missing */
  readonly weak?: true
  /** declared in a generator of its own, so that reading it too early throws as it does natively */
  readonly guarded?: true
}

/** An export whose value lives in the module itself; its place in `locals` is its index. */
export interface LocalExport {
  readonly name: string
  /** the variable behind it, for the graph of uses; `*default*` when there is none */
  readonly local: string
  /** has its value before the module is evaluated: functions and `var` */
  readonly hoisted: boolean
  /** the module tells the linker when the value changes */
  readonly live: boolean
}

/** An export that another module holds; `imported` `*` is that module's namespace. */
export interface IndirectExport {
  readonly name: string
  readonly request: number
  readonly imported: string
  /** it may be a type, so it may be missing */
  readonly weak?: true
}

/** Which updates a module takes, as its source says. */
export interface HotUse {
  /** takes new versions of itself: its importers need not be evaluated again */
  readonly self: boolean
  /** ids of imports whose new versions it takes */
  readonly accepts: readonly string[]
}

/** What the linker and the planner know about a module without running it. */
export interface Links {
  readonly requests: readonly Request[]
  readonly slots: readonly Slot[]
  readonly locals: readonly LocalExport[]
  readonly indirect: readonly IndirectExport[]
  /** requests of `export * from` */
  readonly stars: readonly number[]
  /** literal specifiers of `import()` and of `require` in CommonJS, loaded when they are called */
  readonly lazy: readonly Request[]
  /** owner to the names its code mentions; the owner '' is what runs at evaluation */
  readonly uses: Readonly<Record<string, readonly string[]>>
  /** local name of an import to its slot or slots */
  readonly imported: Readonly<Record<string, readonly number[]>>
  /** it is in a circle of imports: its slots are written as soon as there are values */
  readonly circular: boolean
  /** specifiers of `import()` that led nowhere when the module was staged */
  readonly unresolved?: readonly string[]
  /** how it uses `import.meta.hot`, if it does */
  readonly hot?: HotUse
}

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
  readonly kind: ModuleKind
  /** script text whose completion value is the module's function; the text itself for `json` and `raw` */
  readonly code: string
  /** characters that `code` has before the file's own first column */
  readonly columnOffset: number
  /** places of `code` where columns could not be kept: line and column from 1, and how far off they are */
  readonly shifts?: readonly (readonly [line: number, column: number, by: number])[]
  /** V8 code cache for `code`, if there is one */
  readonly cache?: Uint8Array
  /** the file's bytes, for `wasm` and `bytes` */
  readonly bytes?: Uint8Array
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
  /** its text follows from the bytes of the file alone, not from a `tsconfig.json` or other files too */
  readonly selfContained?: true
  /** options of `tsconfig.json` that its text depends on all the same */
  readonly settings?: string
  readonly links: Links
}

/** A change of the graph, computed by the control thread, applied by every participant. */
export interface GraphUpdate {
  /** new and changed modules */
  readonly artifacts: readonly Artifact[]
  /** modules to evaluate anew, dependencies first; every other importer only rebinds */
  readonly evaluate: readonly string[]
  /** those of `evaluate` that only `import()` reaches: evaluated where they run already */
  readonly lazy: readonly string[]
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
