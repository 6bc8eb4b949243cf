import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { TickswapError } from '../errors.ts'
import { type Backend, type BackendKind, scan, under } from './backends/contract.ts'
import { openBackend } from './backends/open.ts'
import { readChecked, replaceFile } from './files.ts'
import { ENTRIES, indexKeys, parseEntry } from './journal/entry.ts'

/**
 * Of the folder and everything in it. 1: the journal had no indexes. 2: every object had a record of its state beside
 * its own; what was written then is read as it is.
 */
export const FORMAT = 3
const FIRST_WITH_INDEXES = 2

/** Which folders hold the store. The one file that is replaced to switch to others. */
export interface Format {
  readonly format: number
  readonly backend: BackendKind
  /** folders, relative to the store's, or absolute */
  readonly data: string
  readonly archive: string
  /** nothing has been written yet: the mark that says whose the folders are may be missing */
  readonly isNew?: boolean
}

const MAIN = 'format.json'
/** For the day on which the main one cannot be read. */
const COPY = 'format.copy.json'
const NOTHING = new Uint8Array(0)
const AT_ONCE = 500

export const folderOf = (store: string, name: string): string => (isAbsolute(name) ? name : join(store, name))

/** @throws TickswapError STORE_DAMAGED when there is a store, but nothing says what it is; STORE_FORMAT */
export function readFormat(store: string): Format | undefined {
  const found = readChecked<Format>(join(store, MAIN)) ?? readChecked<Format>(join(store, COPY))
  if (!found) {
    if (existsSync(join(store, MAIN)) || existsSync(join(store, COPY)))
      throw new TickswapError('TICKSWAP_E_STORE_DAMAGED', `${join(store, MAIN)} is not what was written`)
    return undefined
  }
  if (found.format > FORMAT)
    throw new TickswapError(
      'TICKSWAP_E_STORE_FORMAT',
      `${store} has format ${found.format}; this version of tickswap knows formats up to ${FORMAT}`,
    )
  return found
}

export function writeFormat(store: string, format: Format): void {
  replaceFile(join(store, MAIN), format)
  replaceFile(join(store, COPY), format)
}

/** Brings an older store up to date; a copy of it as it was stays beside it, as `before-3`. */
export async function upgrade(store: string, format: Format): Promise<Format> {
  if (format.format === FORMAT) return format
  const kept = join(store, `before-${FORMAT}`)
  if (!existsSync(kept)) {
    const part = `${kept}.part`
    rmSync(part, { recursive: true, force: true })
    for (const name of [format.data, format.archive])
      if (existsSync(folderOf(store, name)))
        cpSync(folderOf(store, name), join(part, name.replaceAll('/', '_')), { recursive: true })
    replaceFile(join(part, MAIN), format)
    renameSync(part, kept)
  }
  if (format.format < FIRST_WITH_INDEXES) {
    const backend = await openBackend(format.backend, folderOf(store, format.data))
    try {
      await writeIndexes(backend)
    } finally {
      await backend.close()
    }
  }
  const upgraded = { ...format, format: FORMAT }
  writeFormat(store, upgraded)
  return upgraded
}

/** Leads to every entry of the journal from its units, outcome and time. */
export async function writeIndexes(backend: Backend): Promise<void> {
  let keys: string[] = []
  const flush = async () => {
    await backend.write(keys.map((key) => [key, NOTHING]))
    keys = []
  }
  for await (const [, record] of scan(backend, under(ENTRIES))) {
    const entry = parseEntry(record)
    if (entry) keys.push(...indexKeys(entry))
    if (keys.length >= AT_ONCE) await flush()
  }
  await flush()
}

/** Deletes folders that a migration left behind, whole or half. */
export function removeLeftovers(store: string, keep: readonly string[]): void {
  for (const name of readdirSync(store))
    if (/^(?:data|archive)-[0-9a-f]{8}$/.test(name) && !keep.includes(name))
      rmSync(join(store, name), { recursive: true, force: true })
}
