import { closeSync, ftruncateSync, openSync, readSync, statSync } from 'node:fs'
import { damaged } from '../record.ts'

/** Where LMDB's two meta pages have what is needed here, in bytes from the page's beginning. */
const META = { magic: 24, pageBytes: 48, lastPage: 144, transaction: 152, bytes: 160 } as const
const MAGIC = 0xbeefc0de
const SMALLEST_PAGE = 4096
/** Free pages at the end may never have been written: so many are no sign of anything. */
const SPARE_PAGES = 16

/**
 * A file that was cut off would end the process with a bus error at the first read behind its end. Its length is made
 * what the newest meta page says: free pages do no harm, and of others LMDB says that they are no pages.
 * @throws TickswapError STORE_DAMAGED for a file that LMDB did not write
 */
export function checkLength(file: string, readOnly: boolean): void {
  const newest = newestMeta(file)
  if (newest === undefined) return
  const missing = newest.bytes - statSync(file).size
  if (missing <= 0) return
  if (!readOnly) {
    const handle = openSync(file, 'r+')
    ftruncateSync(handle, newest.bytes)
    closeSync(handle)
  } else if (missing > SPARE_PAGES * newest.pageBytes) throw damaged(`${file} is ${missing} bytes too short`)
}

function newestMeta(file: string): { bytes: number; pageBytes: number } | undefined {
  const handle = openSync(file, 'r')
  try {
    const first = metaAt(handle, 0)
    const second = metaAt(handle, first?.pageBytes ?? SMALLEST_PAGE)
    if (!first && !second) {
      if (statSync(file).size === 0) return undefined
      throw damaged(`${file} is no file of LMDB`)
    }
    const newest = !first || (second && second.transaction > first.transaction) ? second! : first
    return { bytes: (newest.lastPage + 1) * newest.pageBytes, pageBytes: newest.pageBytes }
  } finally {
    closeSync(handle)
  }
}

function metaAt(handle: number, offset: number) {
  const page = Buffer.alloc(META.bytes)
  const read = readSync(handle, page, 0, page.length, offset)
  if (read < page.length || page.readUInt32LE(META.magic) !== MAGIC) return undefined
  return {
    pageBytes: page.readUInt32LE(META.pageBytes),
    lastPage: Number(page.readBigUInt64LE(META.lastPage)),
    transaction: page.readBigUInt64LE(META.transaction),
  }
}
