import type { Encoding } from '../codec.ts'
import { Kind, seal, unseal } from '../record.ts'
import type { Transaction } from '../transactor.ts'

export const Tier = { WARM: 1, COLD: 2 } as const
export type Tier = (typeof Tier)[keyof typeof Tier]

/** What the store knows of an object without reading it. */
export interface Meta {
  readonly tier: Tier
  readonly encoding: Encoding
  /** LZ4 has been tried: an object that stayed as it was is not tried again */
  readonly tried: boolean
  /** owners that name it */
  readonly refs: number
  /** bytes of the object, and of what is stored for it */
  readonly size: number
  readonly stored: number
  /** epoch milliseconds */
  readonly createdAt: number
  readonly usedAt: number
}

const META_BYTES = 40

export const metaKey = (hash: string): string => `m/${hash}`
export const objectKey = (hash: string): string => `o/${hash}`
/** Says that the archive may hold a copy that is not, or no longer, the object's place. */
export const intentKey = (hash: string): string => `x/${hash}`
export const hashOf = (key: string): string => key.slice(2)

export function readMeta(hash: string, record: Uint8Array): Meta {
  const key = metaKey(hash)
  const body = unseal(key, Kind.META, record)
  const view = new DataView(body.buffer, body.byteOffset, META_BYTES)
  return {
    tier: view.getUint8(0) as Tier,
    encoding: view.getUint8(1) as Encoding,
    tried: view.getUint8(2) === 1,
    refs: view.getUint32(4, true),
    size: view.getFloat64(8, true),
    stored: view.getFloat64(16, true),
    createdAt: view.getFloat64(24, true),
    usedAt: view.getFloat64(32, true),
  }
}

export function writeMeta(hash: string, meta: Meta): Uint8Array {
  const view = new DataView(new ArrayBuffer(META_BYTES))
  view.setUint8(0, meta.tier)
  view.setUint8(1, meta.encoding)
  view.setUint8(2, meta.tried ? 1 : 0)
  view.setUint32(4, meta.refs, true)
  view.setFloat64(8, meta.size, true)
  view.setFloat64(16, meta.stored, true)
  view.setFloat64(24, meta.createdAt, true)
  view.setFloat64(32, meta.usedAt, true)
  return seal(metaKey(hash), Kind.META, new Uint8Array(view.buffer))
}

/** Objects and bytes of each tier on disk. */
export interface Totals {
  warmObjects: number
  warmStored: number
  warmSize: number
  coldObjects: number
  coldStored: number
  coldSize: number
}

export const NO_TOTALS: Totals = {
  warmObjects: 0,
  warmStored: 0,
  warmSize: 0,
  coldObjects: 0,
  coldStored: 0,
  coldSize: 0,
}
export const TOTALS_KEY = 's/totals'
/** They are read and written with every object. */
const parsed = new WeakMap<Uint8Array, Totals>()
const FIELDS = Object.keys(NO_TOTALS) as (keyof Totals)[]

export function readTotals(get: (key: string) => Uint8Array | undefined): Totals {
  const record = get(TOTALS_KEY)
  if (!record) return { ...NO_TOTALS }
  const known = parsed.get(record)
  if (known) return { ...known }
  const body = unseal(TOTALS_KEY, Kind.SYSTEM, record)
  const view = new DataView(body.buffer, body.byteOffset, FIELDS.length * 8)
  const totals = { ...NO_TOTALS }
  for (const [i, name] of FIELDS.entries()) totals[name] = view.getFloat64(i * 8, true)
  parsed.set(record, { ...totals })
  return totals
}

export function sealTotals(totals: Totals): Uint8Array {
  const view = new DataView(new ArrayBuffer(FIELDS.length * 8))
  for (const [i, name] of FIELDS.entries()) view.setFloat64(i * 8, totals[name], true)
  const record = seal(TOTALS_KEY, Kind.SYSTEM, new Uint8Array(view.buffer))
  parsed.set(record, { ...totals })
  return record
}

/** Counts an object in, with sign 1, or out, with sign -1. */
export function count(totals: Totals, meta: Meta, sign: 1 | -1): void {
  if (meta.tier === Tier.WARM) {
    totals.warmObjects += sign
    totals.warmStored += sign * meta.stored
    totals.warmSize += sign * meta.size
  } else {
    totals.coldObjects += sign
    totals.coldStored += sign * meta.stored
    totals.coldSize += sign * meta.size
  }
}

/** Adds what was counted in a transaction to the sums. */
export function addTotals(tx: Transaction, more: Totals): void {
  if (FIELDS.every((name) => more[name] === 0)) return
  const totals = readTotals((key) => tx.get(key))
  for (const name of FIELDS) totals[name] += more[name]
  tx.put(TOTALS_KEY, sealTotals(totals))
}

/** Writes a new state of an object, or removes it, and keeps the totals. `before` is what the transaction has read. */
export function replaceMeta(
  tx: Transaction,
  hash: string,
  before: Meta | undefined,
  next: Meta | undefined,
): void {
  const key = metaKey(hash)
  if (before?.tier !== next?.tier || before?.stored !== next?.stored) {
    const change = { ...NO_TOTALS }
    if (before) count(change, before, -1)
    if (next) count(change, next, 1)
    addTotals(tx, change)
  }
  if (next) tx.put(key, writeMeta(hash, next))
  else tx.remove(key)
}
