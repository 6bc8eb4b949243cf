/** Which module holds an export: the resolution of names across the graph, as ES modules define it. */
import type { Links, Slot } from './artifact.ts'

/** Where the value of an export lives. */
export type Origin =
  | { readonly kind: 'local'; readonly id: string; readonly index: number }
  | { readonly kind: 'namespace'; readonly id: string }
  | { readonly kind: 'external'; readonly id: string; readonly name: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'ambiguous' }

const MISSING: Origin = { kind: 'missing' }
const AMBIGUOUS: Origin = { kind: 'ambiguous' }

/** The modules that a name may lead to. */
export interface LinkSource {
  links(id: string): Links | undefined
  /** names of an external; without this, an external is taken to have any name */
  readonly externalNames?: (id: string) => ReadonlySet<string> | undefined
}

/** Resolves exports in one state of the graph, and remembers what it found. */
export class Resolution {
  readonly #source: LinkSource
  readonly #origins = new Map<string, Map<string, Origin>>()
  readonly #members = new Map<string, Map<string, Origin>>()
  readonly #names = new Map<string, readonly string[]>()

  constructor(source: LinkSource) {
    this.#source = source
  }

  /** What the slot of module `id` shows. */
  slot(id: string, slot: Slot): Origin {
    return this.#through(id, slot.request, slot.kind === 'value' ? slot.name : '*', [], false)
  }

  export(id: string, name: string): Origin {
    return this.#remembered(this.#origins, id, name, false)
  }

  /**
   * What a namespace shows under a name. V8 differs from the letter of the language
   * here, and so does this: a name that is ambiguous further down is just not there.
   */
  member(id: string, name: string): Origin {
    return this.#remembered(this.#members, id, name, true)
  }

  #remembered(tables: Map<string, Map<string, Origin>>, id: string, name: string, lenient: boolean): Origin {
    const known = tables.get(id)?.get(name)
    if (known) return known
    const origin = this.#resolve(id, name, [], lenient)
    const table = tables.get(id) ?? new Map<string, Origin>()
    tables.set(id, table.set(name, origin))
    return origin
  }

  /** Names that `id` exports without doubt, sorted as a namespace lists them. */
  names(id: string): readonly string[] {
    let names = this.#names.get(id)
    if (!names) {
      const all = [...this.#collect(id, new Set())]
      names = all.filter((name) => !isLost(this.member(id, name))).sort(byCodeUnits)
      this.#names.set(id, names)
    }
    return names
  }

  #through(id: string, index: number, name: string, path: string[], lenient: boolean): Origin {
    const request = this.#source.links(id)!.requests[index]!
    if (request.kind === 'external') return { kind: 'external', id: request.id, name }
    return name === '*'
      ? { kind: 'namespace', id: request.id }
      : this.#resolve(request.id, name, path, lenient)
  }

  /** @param path modules and names on the way, so that a circle of re-exports ends */
  #resolve(id: string, name: string, path: string[], lenient: boolean): Origin {
    const links = this.#source.links(id)
    const step = `${id}\n${name}`
    if (!links || path.includes(step)) return MISSING
    const index = links.locals.findIndex((local) => local.name === name)
    if (index >= 0) return { kind: 'local', id, index }
    const indirect = links.indirect.find((each) => each.name === name)
    if (indirect) return this.#through(id, indirect.request, indirect.imported, [...path, step], lenient)
    if (name === 'default') return MISSING
    return this.#resolveStars(links, name, [...path, step], lenient)
  }

  #resolveStars(links: Links, name: string, path: string[], lenient: boolean): Origin {
    let found: Origin = MISSING
    let unknown: Origin = MISSING
    for (const star of links.stars) {
      const request = links.requests[star]!
      const origin =
        request.kind === 'hot'
          ? this.#resolve(request.id, name, path, lenient)
          : this.#externalStar(request.id, name)
      if (origin.kind === 'external' && !this.#source.externalNames) {
        unknown = origin
        continue
      }
      if (origin.kind === 'ambiguous' && !lenient) return AMBIGUOUS
      if (isLost(origin)) continue
      if (found.kind !== 'missing' && !sameOrigin(found, origin)) return AMBIGUOUS
      found = origin
    }
    return found.kind === 'missing' ? unknown : found
  }

  #externalStar(id: string, name: string): Origin {
    const { externalNames } = this.#source
    return !externalNames || externalNames(id)?.has(name) ? { kind: 'external', id, name } : MISSING
  }

  #collect(id: string, seen: Set<string>): Set<string> {
    const names = new Set<string>()
    const links = this.#source.links(id)
    if (!links || seen.has(id)) return names
    seen.add(id)
    for (const { name } of links.locals) names.add(name)
    for (const { name } of links.indirect) names.add(name)
    for (const star of links.stars) {
      const request = links.requests[star]!
      const more =
        request.kind === 'hot' ? this.#collect(request.id, seen) : this.#source.externalNames?.(request.id)
      for (const name of more ?? []) if (name !== 'default') names.add(name)
    }
    return names
  }
}

export const isLost = (origin: Origin): boolean => origin.kind === 'missing' || origin.kind === 'ambiguous'

function sameOrigin(a: Origin, b: Origin): boolean {
  switch (a.kind) {
    case 'local':
      return b.kind === 'local' && a.id === b.id && a.index === b.index
    case 'namespace':
      return b.kind === 'namespace' && a.id === b.id
    case 'external':
      return b.kind === 'external' && a.id === b.id && a.name === b.name
    default:
      return a.kind === b.kind
  }
}

const byCodeUnits = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
