import { relative, resolve } from 'node:path'
import { type Finding, findingOf, TickswapError } from '../errors.ts'
import { VERSIONS, versionOwner, versionsOf } from '../store/keeper.ts'
import type { Pointed, Pointer } from '../store/pointers.ts'
import type { Store } from '../store/store.ts'
import type { KeptModule, VersionInfo } from '../store/versions.ts'
import type { UnitDescriptor } from '../version/compatibility/descriptor.ts'
import { Version } from '../version/version.ts'
import { contentHash, type UnitEntry } from './catalog.ts'
import { nextVersion } from './check.ts'
import { describe } from './describe.ts'
import type { Former } from './former.ts'
import type { Shelf } from './shelf.ts'
import type { SourceText } from './sources.ts'

/** Versions of a unit that a rollback may go to, and that an edit is compared with. */
const MOST_KEPT = 64

/** The modules of a version, by id, absolute; the unit's own file is one of them. */
export interface KeptContents {
  readonly file: string
  readonly contents: ReadonlyMap<string, Uint8Array>
  /** XXH3-64 of each */
  readonly hashes: ReadonlyMap<string, string>
}

/** A number that was given out, and to what content. */
interface Numbered {
  readonly version: Version
  readonly hash: string
}

/** The versions of units that the store keeps: what each asks of others, and the sources that it was made from. */
export class StoredVersions {
  readonly #store: Store
  readonly #shelf: Shelf
  readonly #root: string
  readonly #warn: (warning: Finding) => void
  /** by unit, one of each number, in the order in which they last became permanent */
  readonly #infos = new Map<string, readonly VersionInfo[]>()
  /** what earlier runs have given out, by unit, in that order */
  readonly #numbers = new Map<string, Numbered[]>()

  /** @param root folder of the units */
  constructor(store: Store, shelf: Shelf, root: string, warn: (warning: Finding) => void) {
    this.#store = store
    this.#shelf = shelf
    this.#root = root
    this.#warn = warn
  }

  // ---- numbers ----------------------------------------------------------------------

  /** Reads which numbers are taken. It takes the names of the records alone: a start waits for it. */
  async readNumbers(): Promise<void> {
    for (const owner of await this.#store.objects.owners(VERSIONS)) {
      const [unit = '', , version = '', hash = ''] = owner.slice(VERSIONS.length).split('/')
      const numbered = numberedAs(version, hash)
      if (!numbered) continue
      const known = this.#numbers.get(unit)
      if (known) known.push(numbered)
      else this.#numbers.set(unit, [numbered])
    }
  }

  numbersOf(unit: string): readonly Numbered[] {
    return this.#numbers.get(unit) ?? []
  }

  /** The number that a unit's content had in an earlier run, or one that no other content has had. */
  numberFor(unit: string, declared: Version, hash: string, { permanent, trial }: Pointer): Version {
    const ran = [...this.numbersOf(unit), ...(permanent ? [numberOf(permanent)] : [])]
    const same = ran.findLast((each) => each.hash === hash && each.version.sameDeclared(declared))
    if (same) return declared.withBuild(same.version.build)
    const taken = [...ran, ...(trial ? [numberOf(trial)] : [])]
    return nextVersion(
      declared,
      taken.map(({ version }) => version),
    )
  }

  // ---- what is kept -----------------------------------------------------------------

  /** Reads what the store says of the versions of these units. What is damaged is left out, with a warning. */
  async load(units: readonly string[]): Promise<void> {
    for (const unit of units) {
      const names = await this.#store.objects.owners(versionsOf(unit))
      const infos = names.slice(-MOST_KEPT).flatMap((name) => this.#infoOf(name) ?? [])
      // Those of this run that have become permanent meanwhile are among them.
      this.#infos.set(unit, newestOfEach(infos))
    }
  }

  /** Those that can be told to fit, in the order in which they last became permanent. */
  descriptorsOf(unit: string): UnitDescriptor[] {
    return this.#infosOf(unit).flatMap(({ descriptor }) => descriptor ?? [])
  }

  /** The same, and those of stores from before descriptors were kept, as what a unit can go back to. */
  of(unit: string): Former[] {
    return this.#infosOf(unit).flatMap((info) => {
      const modules = info.modules.map(({ id, hash }) => ({ id: resolve(this.#root, id), hash }))
      return modules.length > 0 ? [formerOf(info, modules)] : []
    })
  }

  /**
   * What the store has of a version, of this run or an earlier one; undefined when it has nothing, or not all.
   * @throws TickswapError STORE_DAMAGED
   */
  async contentsOf(unit: string, version: string): Promise<KeptContents | undefined> {
    const prefix = versionsOf(unit)
    const all = await this.#store.objects.owners(prefix)
    const names = all.filter((name) => name.slice(prefix.length).split('/')[1] === version)
    const infos = names.map((name) => this.#store.objects.owner(name)?.info as VersionInfo | undefined)
    const info = infos.findLast((each) => each && each.modules.length > 0)
    const [first] = info?.modules ?? []
    if (!info || !first) return undefined
    const [contents, hashes] = [new Map<string, Uint8Array>(), new Map<string, string>()]
    for (const { id, hash, source } of info.modules) {
      const bytes = await this.#store.objects.get(source)
      if (!bytes) return undefined
      contents.set(resolve(this.#root, id), bytes)
      hashes.set(resolve(this.#root, id), hash)
    }
    return { file: resolve(this.#root, first.id), contents, hashes }
  }

  /** The texts of it. */
  async sourcesOf(unit: string, version: string): Promise<SourceText[] | undefined> {
    const kept = await this.contentsOf(unit, version)
    return (
      kept &&
      Array.from(kept.contents, ([file, bytes]) => {
        return { file, text: Buffer.from(bytes).toString(), isAsWritten: true }
      })
    )
  }

  /** Keeps the version that a unit runs. @throws TickswapError STORE_LIMIT, STORE_FULL, STORE_WRITE */
  async keep({ name, running }: UnitEntry): Promise<Pointed> {
    const { version, hash, artifacts } = running
    // A unit that has come back since the start.
    if (!this.#infos.has(name)) await this.load([name])
    const at = Date.now()
    const owner = versionOwner(name, at, version.toString(), hash)
    const read = artifacts.map((artifact) => this.#shelf.sourceOf(artifact))
    // What a rollback brings back was read long ago: the version that it was has its sources.
    const known = read.includes(undefined) ? await this.#knownSources(name) : undefined
    const sources = await Promise.all(read.map((bytes) => bytes && this.#store.objects.put(bytes)))
    const modules = artifacts.flatMap(({ id: path, hash: content }, i): KeptModule[] => {
      const id = relative(this.#root, path)
      const source = sources[i] ?? known?.get(`${id}\0${content}`)
      return source ? [{ id, hash: content, source }] : []
    })
    const descriptor = describe(running)
    const info: VersionInfo = { unit: name, version: version.toString(), hash, modules, descriptor }
    const hashes = [...new Set(modules.map(({ source }) => source))]
    await this.#store.objects.keep({ owner, info, hashes })
    this.#infos.set(name, newestOfEach([...this.#infosOf(name), info]).slice(-MOST_KEPT))
    return { version: info.version, hash, at, owner }
  }

  /** The objects with the sources of a unit's modules, by id and hash, as far as they are there. */
  async #knownSources(unit: string): Promise<Map<string, string>> {
    const known = new Map<string, string>()
    for (const name of await this.#store.objects.owners(versionsOf(unit)))
      for (const { id, hash, source } of this.#infoOf(name)?.modules ?? [])
        if (this.#store.objects.meta(source)) known.set(`${id}\0${hash}`, source)
    return known
  }

  #infosOf(unit: string): readonly VersionInfo[] {
    return this.#infos.get(unit) ?? []
  }

  #infoOf(owner: string): VersionInfo | undefined {
    try {
      return this.#store.objects.owner(owner)?.info as VersionInfo | undefined
    } catch (error) {
      if (!(error instanceof TickswapError)) throw error
      this.#warn({ ...findingOf(error), severity: 'warning' })
      return undefined
    }
  }
}

const numberOf = ({ version, hash }: Pick<Pointed, 'version' | 'hash'>): Numbered => ({
  version: Version.parse(version),
  hash,
})

/** Names of records have no sum: one that is damaged says nothing. */
function numberedAs(version: string, hash: string): Numbered | undefined {
  try {
    return numberOf({ version, hash })
  } catch {
    return undefined
  }
}

/** Of a number that was given out more than once, and of one that became permanent again, the last. */
function newestOfEach(infos: readonly VersionInfo[]): VersionInfo[] {
  const newest = new Map<string, VersionInfo>()
  for (const info of infos) {
    // Older stores have versions whose sources only the record before names.
    if (info.modules.length === 0 && newest.has(info.version)) continue
    newest.delete(info.version)
    newest.set(info.version, info)
  }
  return [...newest.values()]
}

/** @param modules with names as they are in this run: the folder of the units may have been moved */
function formerOf(
  { unit: name, version, descriptor }: VersionInfo,
  modules: readonly { readonly id: string; readonly hash: string }[],
): Former {
  const { flags = [], requires = {}, optional = {}, provides = {} } = descriptor ?? {}
  return {
    version: Version.parse(version, { flags }),
    contract: { name, file: modules[0]!.id, requires, optional, provides },
    hash: contentHash(modules),
  }
}
