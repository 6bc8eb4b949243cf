import { createHash } from 'node:crypto'
import { dirname, join, relative } from 'node:path'
import { TickswapError } from '../../../errors.ts'
import type { UnitDescriptor } from '../../../version/compatibility/descriptor.ts'
import { Version } from '../../../version/version.ts'
import { nameOfFile } from '../../contract.ts'
import type { Links, Request } from '../artifact.ts'
import type { Content } from '../content/content.ts'
import { contentOf } from '../content/read.ts'
import { Resolution } from '../resolution.ts'
import { PackageJsons } from '../resolve/package-json.ts'
import { Tsconfigs } from '../resolve/tsconfig.ts'
import { SourceError } from '../transform/declarations.ts'
import type { Node } from '../transform/nodes.ts'
import { RecentSources } from '../transform/recent.ts'
import type { Lookup } from './constant.ts'
import type { Declaration } from './declaration.ts'
import { lookupIn, outline } from './outline.ts'
import { requireSound } from './sound.ts'
import { surfaceOf } from './surface.ts'
import type { TopLevel } from './top-level.ts'

/** Files in one state: on disk, or as a commit has them. Paths are absolute. */
export interface Tree {
  /** undefined where there is no such file */
  read(file: string): Uint8Array | undefined
}

/** A unit as its sources declare it. */
export interface ReadUnit {
  readonly descriptor: UnitDescriptor
  readonly declaration: Declaration
  /** the unit's file, and the modules that travel with it */
  readonly files: readonly string[]
  /** of all of them */
  readonly bytes: number
}

interface Module {
  readonly bytes: Uint8Array
  readonly content: Content
  readonly links: Links
  readonly topLevel: TopLevel
  readonly lookup: Lookup
}

const NO_GUARDS: ReadonlySet<number> = new Set()
const NONE_LIVE: ReadonlySet<string> = new Set()
/** How an import may name a file, beside by its whole name. */
const ENDINGS = ['', '.ts', '.js', '.mts', '.mjs', '.tsx', '.jsx', '/index.ts', '/index.js']

/** Reads units out of a tree of sources without running them, and without a disk that has those sources. */
export class UnitReader {
  readonly #tree: Tree
  readonly #recent = new RecentSources()
  readonly #packages = new PackageJsons()
  readonly #tsconfigs = new Tsconfigs()
  readonly #modules = new Map<string, Module | undefined>()
  readonly #resolution = new Resolution({ links: (id) => this.#module(id)?.links })

  constructor(tree: Tree) {
    this.#tree = tree
  }

  /**
   * The unit that a file declares; undefined where there is no such file, or no unit in it.
   * @throws TickswapError SYNTAX, VERSION_INVALID and others of what cannot run, VERSION_UNWRITABLE for a version that
   * only a run would tell; with the place
   */
  read(file: string): ReadUnit | undefined {
    const module = this.#module(file)
    const outlined = module?.content.outlined
    if (!outlined) return undefined
    const { declaration } = outline(outlined, (name) => this.#imported(module, name))
    if (!declaration) return undefined
    const files = this.#closure(file)
    const { flags, requires, optional, provides, state, migrations, rules, places } = declaration
    const surface = surfaceOf(
      file,
      { links: (id) => this.#module(id)?.links, outline: (id) => this.#outline(id) },
      this.#resolution,
    )
    const descriptor: UnitDescriptor = {
      unit: declaration.name ?? nameOfFile(file),
      version: versionOf(declaration, file),
      file,
      hash: this.#hash(file, files),
      flags,
      requires,
      optional,
      provides,
      state,
      migrations,
      ...(surface && { surface }),
      rules,
      places,
    }
    requireSound(descriptor)
    const bytes = files.reduce((sum, id) => sum + this.#module(id)!.bytes.length, 0)
    return { descriptor, declaration, files, bytes }
  }

  #outline(id: string) {
    const outlined = this.#module(id)?.content.outlined
    return outlined && outline(outlined)
  }

  #module(id: string): Module | undefined {
    if (!this.#modules.has(id)) {
      // A circle of imports finds nothing rather than going round.
      this.#modules.set(id, undefined)
      this.#modules.set(id, this.#load(id))
    }
    return this.#modules.get(id)
  }

  #load(id: string): Module | undefined {
    const bytes = this.#tree.read(id)
    if (!bytes) return undefined
    const content = this.#parse(id, bytes)
    if (!content) return undefined
    const requests = content.requests.map(({ specifier }) => this.#request(specifier, id))
    const { links } = content.print(requests, [], NO_GUARDS, NONE_LIVE)
    const topLevel = content.outlined?.topLevel() ?? new Map<string, Node>()
    const module: Module = {
      bytes,
      content,
      links,
      topLevel,
      lookup: lookupIn(topLevel, (name) => this.#imported(module, name)),
    }
    return module
  }

  /** What the loader makes of the file; nothing of a type of file that it does not know. */
  #parse(id: string, bytes: Uint8Array): Content | undefined {
    try {
      return contentOf(id, bytes, {
        packages: this.#packages,
        tsconfigs: this.#tsconfigs,
        recent: this.#recent,
        jsx: undefined,
      })
    } catch (cause) {
      if (cause instanceof SourceError)
        throw new TickswapError('TICKSWAP_E_SYNTAX', cause.message, { file: id }, { cause })
      if (cause instanceof TickswapError && cause.code === 'TICKSWAP_E_RESOLVE') return undefined
      throw cause
    }
  }

  /** Relative imports lead to files of the tree; everything else is somebody else's. */
  #request(specifier: string, from: string): Request {
    if (!/^\.\.?\//.test(specifier)) return { specifier, kind: 'external', id: specifier }
    const path = join(dirname(from), specifier.replace(/\?.*$/, ''))
    const typed = path.replace(/\.([cm]?)js(x?)$/, '.$1ts$2')
    const found = [typed, ...ENDINGS.map((ending) => path + ending)].find((file) => this.#tree.read(file))
    return found ? { specifier, kind: 'hot', id: found } : { specifier, kind: 'external', id: specifier }
  }

  /** The constant behind an imported name. */
  #imported(module: Module, name: string): ReturnType<Lookup> {
    const binding = module.content.outlined?.imports.get(name)
    const request = binding && module.links.requests[binding.request]
    if (request?.kind !== 'hot' || binding!.imported === '*') return undefined
    const origin = this.#resolution.export(request.id, binding!.imported)
    if (origin.kind !== 'local') return undefined
    const target = this.#module(origin.id)!
    const node = target.topLevel.get(target.links.locals[origin.index]!.local)
    return node && { node, lookup: target.lookup }
  }

  #closure(file: string): string[] {
    const found = new Set([file])
    for (const id of found)
      for (const request of this.#module(id)?.links.requests ?? [])
        if (request.kind === 'hot' && this.#module(request.id) && !this.#isUnit(request.id))
          found.add(request.id)
    return [...found]
  }

  #isUnit(id: string): boolean {
    return this.#module(id)!.links.locals.some(({ name }) => name === 'unit')
  }

  #hash(file: string, files: readonly string[]): string {
    const hash = createHash('sha256')
    for (const id of [...files].sort())
      hash.update(`${relative(dirname(file), id)}\0`).update(this.#module(id)!.bytes)
    return hash.digest('hex').slice(0, 16)
  }
}

function versionOf({ version }: Declaration, file: string): string {
  const place = {
    file,
    ...(version?.line && { line: version.line }),
    ...(version?.column && { column: version.column }),
  }
  if (!version)
    throw new TickswapError(
      'TICKSWAP_E_VERSION_UNWRITABLE',
      'the unit declares no version that can be read without running it',
      place,
    )
  try {
    return Version.parse(version.text).toString()
  } catch (cause) {
    if (!(cause instanceof TickswapError)) throw cause
    throw new TickswapError(cause.code, cause.finding.message, place)
  }
}
