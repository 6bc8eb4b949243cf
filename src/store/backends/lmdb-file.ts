import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs'
import { damaged } from '../record.ts'

/** Where LMDB's two meta pages have what is needed here, in bytes from the page's beginning. */
const META = {
  magic: 24,
  mapBytes: 40,
  free: 48,
  main: 96,
  lastPage: 144,
  transaction: 152,
  bytes: 160,
} as const
/** Where a tree's description has what is needed, from its own beginning. That of the free pages begins with the size of pages. */
const TREE = { depth: 6, branches: 8, leaves: 16, overflows: 24, entries: 32, page: 40 } as const
const MAGIC = 0xbeefc0de
const [SMALLEST_PAGE, LARGEST_PAGE] = [4096, 65_536]
/** Free pages at the end may never have been written: so many are no sign of anything. */
const SPARE_PAGES = 16

/** Where a tree begins, and how much is said to be in it. */
export interface TreeRoot {
  readonly page: number
  readonly depth: number
  readonly branches: number
  readonly leaves: number
  readonly overflows: number
  readonly entries: number
}

/** What a meta page says. */
export interface LmdbMeta {
  readonly pageBytes: number
  readonly lastPage: number
  readonly transaction: bigint
  readonly free: TreeRoot
  readonly main: TreeRoot
}

/**
 * A file that was cut off would end the process with a bus error at the first read behind its end. Its length is made
 * what the newest meta page says: free pages do no harm, and of others LMDB says that they are no pages.
 * @throws TickswapError STORE_DAMAGED for a file that LMDB did not write
 */
export function checkLength(file: string, readOnly: boolean): void {
  const handle = openSync(file, readOnly ? 'r' : 'r+')
  try {
    const meta = metaOf(handle, file)
    if (meta === undefined) return
    const bytes = (meta.lastPage + 1) * meta.pageBytes
    const missing = bytes - fstatSync(handle).size
    if (missing <= 0) return
    if (!readOnly) ftruncateSync(handle, bytes)
    else if (missing > SPARE_PAGES * meta.pageBytes) throw damaged(`${file} is ${missing} bytes too short`)
  } finally {
    closeSync(handle)
  }
}

/** The newest meta page of an open file; nothing of an empty one. @throws TickswapError STORE_DAMAGED */
export function metaOf(handle: number, file: string): LmdbMeta | undefined {
  const first = metaAt(handle, 0)
  const second = metaAt(handle, first?.pageBytes ?? SMALLEST_PAGE)
  if (!first && !second) {
    if (fstatSync(handle).size === 0) return undefined
    throw damaged(`${file} is no file of LMDB`)
  }
  return !first || (second && second.transaction > first.transaction) ? second : first
}

/** Nothing where there is no meta page, or one that cannot be. */
function metaAt(handle: number, offset: number): LmdbMeta | undefined {
  const page = Buffer.alloc(META.bytes)
  const read = readSync(handle, page, 0, page.length, offset)
  if (read < page.length || page.readUInt32LE(META.magic) !== MAGIC) return undefined
  const pageBytes = page.readUInt32LE(META.free)
  const lastPage = Number(page.readBigUInt64LE(META.lastPage))
  const isPower = (pageBytes & (pageBytes - 1)) === 0
  if (!isPower || pageBytes < SMALLEST_PAGE || pageBytes > LARGEST_PAGE) return undefined
  if ((lastPage + 1) * pageBytes > Number(page.readBigUInt64LE(META.mapBytes))) return undefined
  return {
    pageBytes,
    lastPage,
    transaction: page.readBigUInt64LE(META.transaction),
    free: rootAt(page, META.free),
    main: rootAt(page, META.main),
  }
}

function rootAt(page: Buffer, at: number): TreeRoot {
  const number = (offset: number) => Number(page.readBigUInt64LE(at + offset))
  return {
    page: number(TREE.page),
    depth: page.readUInt16LE(at + TREE.depth),
    branches: number(TREE.branches),
    leaves: number(TREE.leaves),
    overflows: number(TREE.overflows),
    entries: number(TREE.entries),
  }
}
