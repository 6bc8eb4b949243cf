import { readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Links, Request } from '../artifact.ts'
import { isLost, type Origin, Resolution } from '../resolution.ts'
import { parseText } from '../transform/parse.ts'
import type { Resolver } from './resolver.ts'

/** Larger files are taken as they come: their names are checked when they are loaded. */
const LIMIT_BYTES = 1024 * 1024

interface Known {
  readonly links: Links | undefined
  readonly modifiedMs: number
}

/**
 * What the ES modules of packages export, without loading them: which names there are,
 * and which of them are assigned to after they have their first value.
 */
export class ExternalShapes {
  readonly #resolver: Resolver
  readonly #known = new Map<string, Known>()
  #resolution: Resolution

  constructor(resolver: Resolver) {
    this.#resolver = resolver
    this.#resolution = this.#newResolution()
  }

  /** Whether the value of an export may change while the program runs. */
  isLive(id: string, name: string): boolean {
    const origin = this.#origin(id, name)
    return origin?.kind === 'local' && this.#links(origin.id)!.locals[origin.index]!.live
  }

  /** Whether there is no such export, without doubt. */
  lacks(id: string, name: string): boolean {
    const origin = this.#origin(id, name)
    return origin !== undefined && isLost(origin) && this.#isWhole(id, new Set())
  }

  /** Looks again at files that were changed. */
  refresh(): void {
    let isStale = false
    for (const [id, { modifiedMs }] of this.#known) {
      if (modifiedMs === modifiedAt(id)) continue
      this.#known.delete(id)
      isStale = true
    }
    if (isStale) this.#resolution = this.#newResolution()
  }

  #newResolution(): Resolution {
    return new Resolution({ links: (id) => this.#links(id) })
  }

  #origin(id: string, name: string): Origin | undefined {
    if (name === '*' || !this.#links(id)) return undefined
    return this.#resolution.export(id, name)
  }

  /** Whether all that `export *` leads to is known. */
  #isWhole(id: string, seen: Set<string>): boolean {
    const links = this.#links(id)
    if (!links) return false
    seen.add(id)
    return links.stars.every((star) => {
      const { kind, id: target } = links.requests[star]!
      return kind === 'hot' && (seen.has(target) || this.#isWhole(target, seen))
    })
  }

  #links(id: string): Links | undefined {
    let known = this.#known.get(id)
    if (!known) {
      known = { links: this.#read(id), modifiedMs: modifiedAt(id) }
      this.#known.set(id, known)
    }
    return known.links
  }

  #read(id: string): Links | undefined {
    if (!/^file:.*\.m?js$/.test(id)) return undefined
    const file = fileURLToPath(id)
    const { size = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {}
    const isModule = file.endsWith('.mjs') || this.#resolver.packages.scopeOf(file)?.type === 'module'
    if (!isModule || size === 0 || size > LIMIT_BYTES) return undefined
    try {
      const source = readFileSync(file, 'utf8')
      const text = parseText(source, source, 'javascript')
      const requests = text.declarations.requests.map(({ specifier }) => this.#request(specifier, file))
      return text.links(requests, [], new Set())
    } catch {
      return undefined
    }
  }

  /** Modules of packages lead to each other, as hot ones do. */
  #request(specifier: string, file: string): Request {
    const found = this.#resolver.resolve(specifier, file)
    return found.id.startsWith('file:') ? { ...found, kind: 'hot' } : { ...found, kind: 'external' }
  }
}

function modifiedAt(id: string): number {
  if (!id.startsWith('file:')) return 0
  return statSync(fileURLToPath(id), { throwIfNoEntry: false })?.mtimeMs ?? 0
}
