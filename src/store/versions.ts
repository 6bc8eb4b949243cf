import { dirname, resolve, sep } from 'node:path'
import { TickswapError } from '../errors.ts'
import { type ReadUnit, UnitReader } from '../units/code/surface/unit-reader.ts'
import type { UnitDescriptor } from '../version/compatibility/descriptor.ts'
import type { StoredVersion, VersionSource } from '../version/compatibility/source.ts'
import { versionsOf } from './keeper.ts'
import type { Store } from './store.ts'

/** One module of a version, as its owner in the store lists it. */
export interface KeptModule {
  /** relative to the folder of the units */
  readonly id: string
  readonly hash: string
  /** the object with its source */
  readonly source: string
}

/** What the owner of a version says about it. */
export interface VersionInfo {
  readonly unit: string
  readonly version: string
  readonly hash: string
  readonly modules: readonly KeptModule[]
  /** what compatibility asks of it */
  readonly descriptor?: UnitDescriptor
}

/** A version that ran, with the unit as its sources declare it. */
export interface RanVersion extends StoredVersion {
  readonly unit: ReadUnit
}

/** What the store says of the versions of a unit, in the order in which they became permanent. */
export async function versionInfos(store: Store, unit: string): Promise<(VersionInfo & { at: number })[]> {
  const found = new Map<string, VersionInfo & { at: number }>()
  for (const name of await store.objects.owners(versionsOf(unit))) {
    const { info, at } = store.objects.owner(name) ?? {}
    const about = info as VersionInfo | undefined
    const key = `${about?.version} ${about?.hash}`
    if (about && at !== undefined && !found.has(key)) found.set(key, { ...about, at })
  }
  return [...found.values()]
}

/** The versions of units that ran in an engine, by the sources that its store keeps. */
export class StoreVersions implements VersionSource {
  readonly #store: Store
  readonly #file: string

  /** @param file the unit's, for the places of findings */
  constructor(store: Store, file: string) {
    this.#store = store
    this.#file = file
  }

  /** @throws TickswapError STORE_DAMAGED for a source that is not what was stored */
  async versions(unit: string): Promise<readonly RanVersion[]> {
    const infos = await versionInfos(this.#store, unit)
    const read = await Promise.all(infos.map((info) => this.#read(info)))
    return read.flatMap((version) => version ?? [])
  }

  /** Nothing where a source is gone, or the unit cannot be read without running it. */
  async #read({ unit: name, version, modules, at }: VersionInfo & { at: number }) {
    const sources = new Map<string, Uint8Array>()
    const root = rootOf(this.#file, modules)
    for (const { id, source } of modules) {
      const bytes = await this.#store.objects.get(source)
      if (!bytes) return undefined
      sources.set(resolve(root, id), bytes)
    }
    const unit = unitIn(sources, name)
    if (!unit) return undefined
    const descriptor = { ...unit.descriptor, version }
    return { descriptor, unit, at, where: 'store', bytes: unit.bytes }
  }
}

/** The folder of the units: what a unit's path has in front of its name there. */
function rootOf(file: string, modules: readonly KeptModule[]): string {
  const own = modules.find(({ id }) => file.endsWith(`${sep}${id}`))
  return own ? file.slice(0, -own.id.length) : dirname(file)
}

function unitIn(sources: ReadonlyMap<string, Uint8Array>, name: string): ReadUnit | undefined {
  const reader = new UnitReader({ read: (file) => sources.get(file) })
  try {
    for (const file of sources.keys()) {
      const unit = reader.read(file)
      if (unit?.descriptor.unit === name) return unit
    }
  } catch (error) {
    if (!(error instanceof TickswapError)) throw error
  }
  return undefined
}
