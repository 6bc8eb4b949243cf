import type { Artifact, Links, ModuleKind, Request } from '../artifact.ts'
import type { Outlined } from '../surface/outline.ts'
import type { ImportBinding, SourceRequest } from '../transform/declarations.ts'

export type Printed = Pick<Artifact, 'code' | 'columnOffset' | 'shifts' | 'links' | 'bytes'>

/** What a file holds, by the kind of module it is; its imports are not resolved yet. */
export interface Content {
  readonly kind: ModuleKind
  readonly isAsync: boolean
  /** whether the text follows from the bytes alone */
  readonly selfContained?: true
  /** what of tsconfig.json the text depends on */
  readonly settings?: string
  /** whether `code` is a script, to be compiled */
  readonly isScript: boolean
  readonly requests: readonly SourceRequest[]
  /** specifiers that are loaded when they are asked for */
  readonly lazy: readonly string[]
  /** the specifiers are looked up as `require` does */
  readonly requires: boolean
  /** what tells about it without running it */
  readonly outlined?: Outlined
  /** names it imports, of an ES module */
  readonly bindings?: Iterable<ImportBinding>
  /**
   * @param guarded indexes of requests that lead back to the module
   * @param live local names of imports from packages whose values change
   */
  print(
    requests: readonly Request[],
    lazy: readonly Request[],
    guarded: ReadonlySet<number>,
    live: ReadonlySet<string>,
  ): Printed
}

const NO_LINKS: Links = {
  requests: [],
  lazy: [],
  slots: [],
  locals: [],
  indirect: [],
  stars: [],
  uses: {},
  imported: {},
  circular: false,
}

/** Links of a module that is not made of statements. */
export function plainLinks(exports: readonly string[], more: Partial<Links> = {}): Links {
  const locals = exports.map((name) => ({
    name,
    local: name === 'default' ? '*default*' : name,
    hoisted: false,
    live: false,
  }))
  return { ...NO_LINKS, locals, ...more }
}
