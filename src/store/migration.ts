import { randomBytes } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { TickswapError } from '../errors.ts'
import { after, type Backend, type BackendKind, type Op } from './backends/contract.ts'
import { openBackend } from './backends/open.ts'
import { makeFolders, readChecked, replaceFile } from './files.ts'
import { FORMAT, type Format, folderOf, writeFormat } from './format.ts'
import { verifyStore } from './verify.ts'

/** A migration that has begun and not ended; it survives the process. */
export interface MigrationState {
  readonly backend: BackendKind
  readonly data: string
  readonly archive: string
  /** the folders that it moves away from */
  readonly from: { readonly data: string; readonly archive: string }
  /** keys before this one are copied */
  readonly cursor: { readonly data: string; readonly archive: string }
}

export interface MigrationProgress {
  readonly phase: 'copy' | 'compare' | 'verify' | 'switch'
  readonly records: number
}

/** What a migration needs of the store: two places, each with its writers. */
export interface MigrationSide {
  readonly name: 'data' | 'archive'
  /** Between two writes. */
  exclusively<T>(act: (backend: Backend) => Promise<T>): Promise<T>
  mirrorTo(mirror: Backend | undefined, failed: (error: unknown) => void): void
  switchTo(backend: Backend): void
}

const STATE = 'migration.json'
const PAGE = 64
/** After every key there is. */
const END = '\u{10ffff}'

export const pendingMigration = (store: string): MigrationState | undefined =>
  readChecked<MigrationState>(join(store, STATE))

/** Ends a migration whose process was gone after the switch and before the tidying up. Gives one that goes on. */
export function settleMigration(store: string, format: Format): MigrationState | undefined {
  const state = pendingMigration(store)
  if (state?.data !== format.data) return state
  tidyUp(store, state.from)
  return undefined
}

function tidyUp(store: string, { data, archive }: { data: string; archive: string }): void {
  for (const name of [data, archive]) rmSync(folderOf(store, name), { recursive: true, force: true })
  rmSync(join(store, STATE), { force: true })
}

/**
 * Copies a store to other folders, on the same or another backend, while it is in use. From the first moment on every
 * write goes to both; old records are copied a page at a time, between writes; then both are compared, key by key,
 * which also finds what was written while a process was starting again after a crash; every object is verified in its
 * new place; and one file is replaced. Until then the old folders are the store.
 */
export async function migrate(
  store: string,
  before: Format,
  sides: readonly MigrationSide[],
  wanted: { to: BackendKind; path?: string },
  tell: (progress: MigrationProgress) => void,
): Promise<Format> {
  const state = pendingMigration(store) ?? begin(store, before, wanted)
  if (state.backend !== wanted.to)
    throw new TickswapError('TICKSWAP_E_OPTION', `a migration to ${state.backend} has begun; end it first`)
  const targets = await openTargets(store, state)
  let failure: unknown
  try {
    for (const side of sides)
      side.mirrorTo(targets[side.name], (error) => {
        failure = error
      })
    const cursor = { ...state.cursor }
    let records = 0
    for (const side of sides) {
      await copy(side, targets[side.name], cursor[side.name], (next, count) => {
        cursor[side.name] = next
        records += count
        replaceFile(join(store, STATE), { ...state, cursor })
        tell({ phase: 'copy', records })
      })
    }
    for (const side of sides) records = await compare(side, targets[side.name], tell)
    await verifyTargets(targets)
    tell({ phase: 'verify', records })
    if (failure) throw failure
    const format = await switchOver(store, state, sides, targets, () => failure)
    tidyUp(store, before)
    return format
  } catch (error) {
    for (const side of sides) side.mirrorTo(undefined, () => {})
    await Promise.all(Object.values(targets).map((target) => target.close().catch(() => {})))
    throw error
  }
}

function begin(
  store: string,
  from: Format,
  { to, path }: { to: BackendKind; path?: string },
): MigrationState {
  if (to === 'memory')
    throw new TickswapError('TICKSWAP_E_OPTION', 'a store on disk cannot be migrated to the backend memory')
  const id = randomBytes(4).toString('hex')
  const below = (name: string) => (path === undefined ? name : join(resolve(path), name))
  const state: MigrationState = {
    backend: to,
    data: below(`data-${id}`),
    archive: below(`archive-${id}`),
    from: { data: from.data, archive: from.archive },
    cursor: { data: '\0', archive: '\0' },
  }
  try {
    if (path !== undefined) makeFolders(path)
    if (existsSync(folderOf(store, state.data))) throw new Error(`${state.data} is there already`)
  } catch (cause) {
    const why = (cause as Error).message
    throw new TickswapError('TICKSWAP_E_STORE_OPEN', `cannot use ${path}: ${why}`, {}, { cause })
  }
  replaceFile(join(store, STATE), state)
  return state
}

async function openTargets(store: string, { backend, data, archive }: MigrationState) {
  const first = await openBackend(backend, folderOf(store, data))
  try {
    return { data: first, archive: await openBackend(backend, folderOf(store, archive)) }
  } catch (error) {
    await first.close()
    throw error
  }
}

async function copy(
  side: MigrationSide,
  target: Backend,
  from: string,
  copied: (next: string, count: number) => void,
): Promise<void> {
  for (let cursor = from; cursor !== END; ) {
    const entries = await side.exclusively(async (source) => {
      const page = await source.page({ from: cursor, to: END, limit: PAGE })
      if (page.length > 0) await target.write(page)
      return page
    })
    cursor = entries.length < PAGE ? END : after(entries.at(-1)![0])
    copied(cursor, entries.length)
  }
}

/** Makes the target what the source is, a page at a time, between writes. */
async function compare(
  side: MigrationSide,
  target: Backend,
  tell: (progress: MigrationProgress) => void,
): Promise<number> {
  let records = 0
  for (let cursor = '\0'; cursor !== END; ) {
    cursor = await side.exclusively(async (source) => {
      const page = await source.page({ from: cursor, to: END, limit: PAGE })
      const next = page.length < PAGE ? END : after(page.at(-1)![0])
      const ops = await differences(page, target, cursor, next)
      if (ops.length > 0) await target.write(ops)
      records += page.length
      return next
    })
    tell({ phase: 'compare', records })
  }
  return records
}

async function differences(
  page: readonly (readonly [string, Uint8Array])[],
  target: Backend,
  from: string,
  to: string,
): Promise<Op[]> {
  const wanted = new Map(page)
  const there = new Map<string, Uint8Array>()
  for (let low = from; ; ) {
    const part = await target.page({ from: low, to, limit: PAGE })
    for (const [key, value] of part) there.set(key, value)
    if (part.length < PAGE) break
    low = after(part.at(-1)![0])
  }
  const ops: Op[] = []
  for (const [key, value] of wanted)
    if (Buffer.compare(there.get(key) ?? Buffer.alloc(0), value) !== 0 || !there.has(key))
      ops.push([key, value])
  for (const key of there.keys()) if (!wanted.has(key)) ops.push([key, undefined])
  return ops
}

/** @throws TickswapError STORE_DAMAGED that names the first record that is wrong */
async function verifyTargets(targets: { data: Backend; archive: Backend }): Promise<void> {
  const { problems } = await verifyStore(targets)
  const [first] = problems.filter(({ problem }) => problem === 'damaged' || problem === 'missing')
  if (first) throw new TickswapError('TICKSWAP_E_STORE_DAMAGED', `the copy is not whole: ${first.message}`)
}

/** No write is under way on either side when the file is replaced. */
async function switchOver(
  store: string,
  { backend, data, archive }: MigrationState,
  [first, second]: readonly MigrationSide[],
  targets: { data: Backend; archive: Backend },
  failed: () => unknown,
): Promise<Format> {
  const format: Format = { format: FORMAT, backend, data, archive }
  const old: Backend[] = []
  await first!.exclusively((one) =>
    second!.exclusively(async (two) => {
      if (failed()) throw failed()
      writeFormat(store, format)
      old.push(one, two)
      first!.switchTo(targets[first!.name])
      second!.switchTo(targets[second!.name])
    }),
  )
  await Promise.all(old.map((backend) => backend.close()))
  return format
}
