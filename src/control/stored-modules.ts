import { type ErrorCode, TickswapError } from '../errors.ts'
import { hashHex } from '../native/addon.ts'
import type { Artifact, GraphUpdate } from '../units/code/artifact.ts'
import { Stager } from '../units/code/stager.ts'
import type { StagerOptions } from '../units/code/staging.ts'
import type { Catalog } from './catalog.ts'
import type { Settings } from './options.ts'
import type { Persistence } from './persistence.ts'
import type { KeptContents } from './stored-versions.ts'

/** A version that only an earlier run of the engine had. */
export interface StoredName {
  readonly unit: string
  readonly version: string
}

/** Stored versions, ready to be loaded. */
export interface StoredModules {
  /** the units', in the order in which they were asked for */
  readonly files: readonly string[]
  /** all that they take: their own modules as they were, and those of other units as they are */
  readonly update: GraphUpdate
  readonly own: readonly Artifact[]
}

/** Where versions are staged anew. */
export interface Workshop {
  readonly catalog: Catalog
  readonly persistence: Persistence
  readonly settings: Pick<Settings, 'units'>
}

/** Who hears of it: `onModule` of every module that is staged anew; what it throws ends the work. */
export type Staging = Pick<StagerOptions, 'onRead' | 'outlined'> & {
  readonly onModule: (file: string) => void
}

/**
 * Makes the modules of versions that ran before from the sources that the store keeps, which are compared with their
 * hashes: so that they fit together, and with what runs. Nothing is read as it is on disk today.
 * @param beside modules that take the place of those that run
 * @throws TickswapError STORED_VERSION, STORE_DAMAGED; StageError where they do not fit
 */
export async function modulesOfStored(
  { catalog, persistence, settings }: Workshop,
  versions: readonly StoredName[],
  beside: readonly Artifact[],
  { onModule, ...heard }: Staging,
): Promise<StoredModules> {
  const all: (StoredName & KeptContents)[] = []
  for (const name of versions) {
    const kept = await persistence.recorder?.versions.contentsOf(name.unit, name.version).catch((error) => {
      throw error instanceof TickswapError ? lacking(name, error.finding.message, error.code) : error
    })
    if (!kept) throw lacking(name, 'not all of its sources are there')
    all.push({ ...name, ...kept })
  }
  const contents = new Map(all.flatMap((each) => [...each.contents]))
  const files = all.map(({ file }) => file)
  const stager = new Stager({ root: settings.units, hash: hashHex, contents, ...heard })
  const running = [...catalog.artifacts()].filter(({ id }) => !contents.has(id))
  const { update } = await stager.stage({ entries: files, artifacts: [...running, ...beside], onModule })
  const isOwn = ownIn(update, files)
  for (const each of all) requireKept(each, update)
  // A unit that does not run any more would be one of today's.
  const stranger = update.artifacts.find(({ id }) => !isOwn(id) && !catalog.has(id))
  if (stranger) throw lacking(all[0]!, `${stranger.file}, which it imports, does not run`)
  return { files, update, own: update.artifacts.filter(({ id }) => isOwn(id)) }
}

/** A module that the store does not have would be one of today's. */
function requireKept(version: StoredName & KeptContents, update: GraphUpdate): void {
  const { file, hashes } = version
  if (!update.artifacts.some(({ id, isUnit }) => id === file && isUnit))
    throw lacking(version, `${file} is not kept`)
  const isOwn = ownIn(update, [file])
  const stranger = update.artifacts.find(({ id, hash }) => isOwn(id) && hashes.get(id) !== hash)
  if (stranger) throw lacking(version, `its module ${stranger.file} is not kept`)
}

function lacking(
  { unit, version }: StoredName,
  why: string,
  code: ErrorCode = 'TICKSWAP_E_STORED_VERSION',
): TickswapError {
  return new TickswapError(code, `${unit} ${version} in the store: ${why}`, { unit })
}

/** Whether a module is one of the versions' own: not another unit's, nor reached by way of one. */
function ownIn({ artifacts }: GraphUpdate, files: readonly string[]): (id: string) => boolean {
  const byId = new Map(artifacts.map((artifact) => [artifact.id, artifact]))
  const own = new Set(files)
  for (const id of own)
    for (const imported of byId.get(id)?.imports ?? []) if (!byId.get(imported)?.isUnit) own.add(imported)
  return (id) => own.has(id)
}
