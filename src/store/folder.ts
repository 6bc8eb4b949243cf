import { randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { TickswapError } from '../errors.ts'
import type { Backend } from './backends/contract.ts'
import { checkTree } from './backends/lmdb-tree.ts'
import { MemoryBackend } from './backends/memory.ts'
import { openBackend } from './backends/open.ts'
import { probeLmdb } from './backends/probe.ts'
import { makeFolders } from './files.ts'
import { FORMAT, type Format, folderOf, readFormat, removeLeftovers, upgrade, writeFormat } from './format.ts'
import { StoreLock } from './lock.ts'
import { settleMigration } from './migration.ts'
import type { StoreSettings } from './settings.ts'

/** Stands in every folder that has ever been a store's. */
const MARK_KEY = 's/mark'

/** A store's folder, opened: its lock, and what is in it. */
export interface OpenFolder {
  readonly lock: StoreLock | undefined
  readonly format: Format
  readonly data: Backend
  readonly archive: Backend
}

/** @throws TickswapError STORE_OPEN, STORE_HELD, STORE_FORMAT, STORE_DAMAGED */
export async function openFolder(settings: StoreSettings): Promise<OpenFolder> {
  if (settings.backend === 'memory') {
    const format: Format = { format: FORMAT, backend: 'memory', data: '', archive: '' }
    return { lock: undefined, format, data: new MemoryBackend(), archive: new MemoryBackend() }
  }
  const { path } = settings
  makeFolder(path)
  const lock = StoreLock.take(path)
  try {
    const found = readFormat(path) ?? create(settings)
    if (found.backend === 'lmdb') await checkTrees(path, found, lock.isTakenOver)
    const format = await upgrade(path, found)
    const pending = settleMigration(path, format)
    removeLeftovers(
      path,
      [format, ...(pending ? [pending] : [])].flatMap((it) => [it.data, it.archive]),
    )
    // The second copy of the format may be of before the last switch.
    writeFormat(path, format)
    const both = await openBoth(path, format, false)
    return { lock, format: await checkMarks(path, format, both), ...both }
  } catch (error) {
    lock.release()
    throw asStoreError(error, path)
  }
}

/** LMDB trusts its pages: they are looked at before it reads one of them. */
async function checkTrees(path: string, { data, archive }: Format, afterDeath: boolean): Promise<void> {
  for (const name of [data, archive]) {
    const file = join(folderOf(path, name), 'data.mdb')
    if (existsSync(file)) checkTree(file)
  }
  if (afterDeath) await Promise.all([data, archive].map((name) => probeLmdb(folderOf(path, name))))
}

/** Beside the process that holds the store, or while nobody does. @throws the same; STORE_MISSING */
export async function openFolderToRead(path: string): Promise<OpenFolder> {
  const format = existsSync(path) ? readFormat(path) : undefined
  if (!format) throw new TickswapError('TICKSWAP_E_STORE_MISSING', `there is no store in ${path}`)
  return { lock: undefined, format, ...(await openBoth(path, format, true)) }
}

async function openBoth(path: string, { backend, data, archive }: Format, readOnly: boolean) {
  const first = await openBackend(backend, folderOf(path, data), readOnly)
  try {
    return { data: first, archive: await openBackend(backend, folderOf(path, archive), readOnly) }
  } catch (error) {
    await first.close()
    throw error
  }
}

/** An empty folder is what a backend makes of one whose files are gone: it must not pass for the store. */
async function checkMarks(
  path: string,
  { isNew, ...format }: Format,
  both: { data: Backend; archive: Backend },
): Promise<Format> {
  for (const [name, backend] of Object.entries(both)) {
    if (isNew) await backend.write([[MARK_KEY, Buffer.from(name)]])
    else if (!backend.get(MARK_KEY)) {
      await Promise.all([both.data.close(), both.archive.close()])
      throw new TickswapError(
        'TICKSWAP_E_STORE_DAMAGED',
        `the records of ${folderOf(path, format[name as 'data'])} are gone`,
      )
    }
  }
  if (isNew) writeFormat(path, format)
  return format
}

function makeFolder(path: string): void {
  try {
    makeFolders(path)
    if (!statSync(path).isDirectory()) throw new Error('it is no folder')
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw asStoreError(error, path)
  }
}

function create({ path, backend }: StoreSettings): Format {
  const orphan = readdirSync(path).find((name) => /^(?:data|archive)-[0-9a-f]{8}$/.test(name))
  // A crash before the first format was written leaves none: the folders come after it.
  if (orphan)
    throw new TickswapError('TICKSWAP_E_STORE_DAMAGED', `${path} is a store without its format.json`)
  const id = randomBytes(4).toString('hex')
  const format: Format = {
    format: FORMAT,
    backend,
    data: `data-${id}`,
    archive: `archive-${id}`,
    isNew: true,
  }
  writeFormat(path, format)
  return format
}

function asStoreError(error: unknown, path: string): TickswapError {
  if (error instanceof TickswapError) return error
  const { message, code } = error as NodeJS.ErrnoException
  const what = code === 'ENOSPC' ? 'TICKSWAP_E_STORE_FULL' : 'TICKSWAP_E_STORE_OPEN'
  return new TickswapError(what, `cannot open ${path}: ${message}`, {}, { cause: error })
}
