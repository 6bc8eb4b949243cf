import { closeSync, openSync, readSync } from 'node:fs'
import { damaged } from '../record.ts'
import { type LmdbMeta, metaOf, type TreeRoot } from './lmdb-file.ts'

/** Of a page: bytes from its beginning. Offsets in it count from the end of this head. */
const HEAD = { page: 0, transaction: 8, flags: 18, lower: 20, upper: 22, bytes: 24 } as const
/** Of a node: the size of its data, or with the flags the page of a child; the size of its key; the key. */
const NODE = { low: 0, high: 2, flags: 4, keyBytes: 6, bytes: 8 } as const
const BRANCH = 1
const LEAF = 2
/** Bits of a page's flags that say what it is. */
const KINDS = 0x6f
/** The data of a node is on pages of its own, which the node names. */
const BIG = 1
const OVERFLOW = { page: 0, transaction: 8, pages: 16, bytes: 24 } as const
/** The first two pages are the meta pages. */
const FIRST_PAGE = 2
const MOST_DEPTH = 32

/** What was found in a file that is whole. */
export interface TreeReport {
  readonly pages: number
  readonly entries: number
  /** the transaction whose state it is of */
  readonly transaction: bigint
}

/**
 * Follows the trees of an LMDB file from their roots and believes nothing: LMDB itself trusts its pages, and a number
 * in one that is wrong may end the process that reads it. Looks at the inner pages and at where the bytes of records
 * are, not at those bytes: records have checksums.
 * @throws TickswapError STORE_DAMAGED that names the page
 */
export function checkTree(file: string): TreeReport | undefined {
  const handle = openSync(file, 'r')
  try {
    const meta = metaOf(handle, file)
    if (!meta) return undefined
    const walk = new Walk(file, handle, meta)
    walk.tree(meta.main, false)
    walk.tree(meta.free, true)
    walk.freeLists()
    return { pages: walk.pages, entries: meta.main.entries, transaction: meta.transaction }
  } finally {
    closeSync(handle)
  }
}

/** What is to be found in a tree, as far as it has been. */
interface Found {
  branches: number
  leaves: number
  overflows: number
  entries: number
}

class Walk {
  readonly #file: string
  readonly #handle: number
  readonly #meta: LmdbMeta
  /** a bit for each page that belongs to something */
  readonly #taken: Uint8Array
  readonly #buffers: Buffer[] = []
  /** where the lists of free pages are: the page of the node, and the bytes of the file */
  readonly #lists: { readonly by: number; readonly offset: number; readonly bytes: number }[] = []
  pages = 0

  constructor(file: string, handle: number, meta: LmdbMeta) {
    this.#file = file
    this.#handle = handle
    this.#meta = meta
    this.#taken = new Uint8Array((meta.lastPage >> 3) + 1)
  }

  /** `isNumeric`: keys are numbers of the machine, not text. */
  tree(root: TreeRoot, isNumeric: boolean): void {
    if (root.depth === 0) return
    if (root.depth > MOST_DEPTH) throw this.#wrong(0, `a depth of ${root.depth}`)
    const found: Found = { branches: 0, leaves: 0, overflows: 0, entries: 0 }
    this.#page(root.page, { root, isNumeric, found, level: 1 })
    for (const name of ['branches', 'leaves', 'overflows', 'entries'] as const)
      if (found[name] !== root[name])
        throw this.#wrong(root.page, `${found[name]} ${name} below it, not ${root[name]}`)
  }

  #page(
    number: number,
    at: { root: TreeRoot; isNumeric: boolean; found: Found; level: number },
    low?: Buffer,
    high?: Buffer,
  ): void {
    this.#take(number, number, 1)
    const page = this.#read(number, at.level)
    const isLeaf = at.level === at.root.depth
    const nodes = this.#nodesIn(number, page, isLeaf, at.isNumeric)
    if (isLeaf) at.found.leaves++
    else at.found.branches++
    let before = low
    for (let i = 0; i < nodes; i++) {
      const { key, node } = this.#node(number, page, i)
      // The first key of a branch stands for everything below the second, and is not looked at.
      const isOpen = !isLeaf && i === 0
      if (!isOpen && !this.#isBetween(before, key, high, at.isNumeric, isLeaf && i === 0))
        throw this.#wrong(number, 'its keys are out of order')
      if (isLeaf) {
        at.found.entries++
        const { pages, offset, bytes } = this.#leafNode(number, page, node, key.length)
        at.found.overflows += pages
        if (at.isNumeric) this.#lists.push({ by: number, offset, bytes })
      } else {
        const next = i + 1 < nodes ? this.#node(number, page, i + 1).key : high
        const from = isOpen ? low : key
        this.#page(childOf(page, node), { ...at, level: at.level + 1 }, from, next)
      }
      if (!isOpen) before = key
    }
  }

  /** How many nodes there are, where that can be. */
  #nodesIn(number: number, page: Buffer, isLeaf: boolean, isNumeric: boolean): number {
    const kind = page.readUInt16LE(HEAD.flags) & KINDS
    const [lower, upper] = [page.readUInt16LE(HEAD.lower), page.readUInt16LE(HEAD.upper)]
    if (Number(page.readBigUInt64LE(HEAD.page)) !== number) throw this.#wrong(number, 'it is another page')
    this.#written(number, page, HEAD.transaction)
    if (kind !== (isLeaf ? LEAF : BRANCH)) throw this.#wrong(number, `a page of kind ${kind}`)
    const isFilled = lower % 2 === 0 && lower >= (isLeaf || isNumeric ? 2 : 4)
    if (!isFilled || lower > upper || upper > page.length - HEAD.bytes)
      throw this.#wrong(number, `its room ends at ${lower} and ${upper}`)
    return lower / 2
  }

  /** A page of the future would pass for one of the writer's own, and be written to where it is. */
  #written(number: number, page: Buffer, at: number): void {
    if (page.readBigUInt64LE(at) > this.#meta.transaction)
      throw this.#wrong(number, `something of transaction ${page.readBigUInt64LE(at)}`)
  }

  #node(number: number, page: Buffer, i: number): { key: Buffer; node: number } {
    const offset = page.readUInt16LE(HEAD.bytes + i * 2)
    const node = offset + HEAD.bytes
    const isInside = offset >= page.readUInt16LE(HEAD.upper) && node + NODE.bytes <= page.length
    const end = isInside
      ? node + NODE.bytes + page.readUInt16LE(node + NODE.keyBytes)
      : Number.POSITIVE_INFINITY
    if (offset % 2 !== 0 || end > page.length) throw this.#wrong(number, `node ${i} lies outside of it`)
    return { key: page.subarray(node + NODE.bytes, end), node }
  }

  /**
   * Free pages are listed one by one, or as a number below zero, how many, and the first; zeros say nothing. None of
   * them may be in use: LMDB would write something else over it.
   */
  freeLists(): void {
    for (const { by, offset, bytes } of this.#lists) {
      const list = Buffer.alloc(bytes)
      const isWhole = bytes >= 8 && readSync(this.#handle, list, 0, bytes, offset) === bytes
      const length = isWhole ? Number(list.readBigUInt64LE(0)) : 0
      if (!isWhole || (length + 1) * 8 > bytes) throw this.#wrong(by, `a list of ${length} free pages`)
      for (let i = 1; i <= length; i++) {
        const entry = Number(list.readBigInt64LE(i * 8))
        if (entry > 0) this.#free(by, entry, 1)
        else if (entry < 0 && i === length) throw this.#wrong(by, 'a list of free pages without its end')
        else if (entry < 0) this.#free(by, Number(list.readBigInt64LE(++i * 8)), -entry)
      }
    }
  }

  #free(by: number, first: number, pages: number): void {
    if (first < FIRST_PAGE || first + pages - 1 > this.#meta.lastPage)
      throw this.#wrong(by, `page ${first} is said to be free, and is not in the file`)
    for (let page = first; page < first + pages; page++)
      if (this.#taken[page >> 3]! & (1 << (page & 7)))
        throw this.#wrong(by, `page ${page} is said to be free, and is in use`)
  }

  /** Where the bytes of a record are in the file, and the pages that it takes besides its node. */
  #leafNode(number: number, page: Buffer, node: number, keyBytes: number) {
    const flags = page.readUInt16LE(node + NODE.flags)
    const size = page.readUInt16LE(node + NODE.low) + page.readUInt16LE(node + NODE.high) * 2 ** 16
    const data = node + NODE.bytes + keyBytes
    const isBig = flags === BIG
    const end = data + (isBig ? OVERFLOW.bytes : size)
    if ((flags !== 0 && !isBig) || keyBytes === 0 || end > page.length)
      throw this.#wrong(number, 'a record lies outside of it')
    if (!isBig) return { pages: 0, offset: number * page.length + data, bytes: size }
    const pages = Number(page.readBigUInt64LE(data + OVERFLOW.pages))
    if (pages !== Math.floor((HEAD.bytes - 1 + size) / page.length) + 1)
      throw this.#wrong(number, `${size} bytes of a record on ${pages} pages`)
    this.#written(number, page, data + OVERFLOW.transaction)
    const first = Number(page.readBigUInt64LE(data + OVERFLOW.page))
    this.#take(number, first, pages)
    return { pages, offset: first * page.length + HEAD.bytes, bytes: size }
  }

  #isBetween(
    low: Buffer | undefined,
    key: Buffer,
    high: Buffer | undefined,
    isNumeric: boolean,
    mayBeLow: boolean,
  ): boolean {
    if (isNumeric && key.length !== 8) return false
    const order = (a: Buffer, b: Buffer): number =>
      isNumeric ? Number(a.readBigUInt64LE() - b.readBigUInt64LE()) : a.compare(b)
    const fromLow = low === undefined ? 1 : order(key, low)
    return (mayBeLow ? fromLow >= 0 : fromLow > 0) && (high === undefined || order(key, high) < 0)
  }

  /** Nothing else may be on these pages. */
  #take(by: number, first: number, pages: number): void {
    const isInside = first >= FIRST_PAGE && first + pages - 1 <= this.#meta.lastPage
    if (!isInside) throw this.#wrong(by, `it leads to page ${first}, which is not in the file`)
    for (let page = first; page < first + pages; page++) {
      const bit = 1 << (page & 7)
      if (this.#taken[page >> 3]! & bit) throw this.#wrong(by, `page ${page} belongs to something else, too`)
      this.#taken[page >> 3]! |= bit
    }
    this.pages += pages
  }

  #read(number: number, level: number): Buffer {
    const { pageBytes } = this.#meta
    this.#buffers[level] ??= Buffer.alloc(pageBytes)
    const page = this.#buffers[level]!
    const read = readSync(this.#handle, page, 0, pageBytes, number * pageBytes)
    if (read < pageBytes) throw this.#wrong(number, 'the file ends before it')
    return page
  }

  #wrong(page: number, what: string): Error {
    return damaged(`the tree of ${this.#file} is damaged at page ${page}: ${what}`)
  }
}

/** The page below a node of a branch. */
const childOf = (page: Buffer, node: number): number =>
  page.readUInt16LE(node + NODE.low) +
  page.readUInt16LE(node + NODE.high) * 2 ** 16 +
  page.readUInt16LE(node + NODE.flags) * 2 ** 32
