import { type Backend, scan, under } from './backends/contract.ts'
import { blake3Hex } from './hash.ts'
import { type Break, verifyChain } from './journal/verify.ts'
import { OWNERS, type Owner, readOwner } from './owners.ts'
import type { Pointer } from './pointers.ts'
import { Kind, unsealJson } from './record.ts'
import {
  count,
  hashOf,
  type Meta,
  metaKey,
  NO_TOTALS,
  objectKey,
  readMeta,
  readTotals,
  Tier,
  TOTALS_KEY,
  type Totals,
} from './tiers/meta.ts'
import { ownMeta, unpack, unsealObject } from './tiers/packed.ts'

/** Something wrong with a record. */
export interface Problem {
  /** the record's key, or the entry of the journal */
  readonly record: string
  readonly problem: 'damaged' | 'missing' | 'orphan' | 'miscounted' | Break['problem']
  readonly message: string
}

export interface StoreReport {
  readonly objects: number
  readonly owners: number
  readonly pointers: number
  readonly entries: number
  readonly problems: readonly Problem[]
  /** by how much counts are wrong: sums, and the owners of objects */
  readonly off: { readonly totals: Totals; readonly refs: ReadonlyMap<string, number> }
}

/** In front of keys of records that are in the archive. */
export const IN_ARCHIVE = 'archive '

/** Where a store's records are. */
export interface Places {
  readonly data: Pick<Backend, 'get' | 'page'>
  readonly archive: Pick<Backend, 'get' | 'page'>
}

/** Reads every record and follows every reference. Nothing is changed. */
export async function verifyStore({ data, archive }: Places): Promise<StoreReport> {
  const problems: Problem[] = []
  const tell = (record: string, problem: Problem['problem'], message: string) =>
    problems.push({ record, problem, message })
  const [owners, refs] = await readOwners(data, tell)
  const { metas, totals, unreadable } = await readObjects({ data, archive }, refs, tell)
  for (const [hash, number] of refs)
    if (!metas.has(hash))
      tell(metaKey(hash), 'missing', `object ${hash} is gone, and ${number} owners need it`)
  for await (const [key] of scan(archive, under('o/'))) {
    const hash = hashOf(key)
    if (unreadable.has(hash) || metas.get(hash)?.tier === Tier.COLD) continue
    tell(IN_ARCHIVE + key, 'orphan', orphaned(hash))
  }
  const pointers = await readPointers(data, owners, tell)
  const off = { totals: checkTotals(data, totals, tell), refs: refsOff(metas, refs) }
  const chain = await verifyChain(data)
  for (const { entry, problem, message } of chain.breaks) tell(`entry ${entry}`, problem, message)
  const { entries } = chain
  return { objects: metas.size, owners: owners.size, pointers, entries, problems, off }
}

type Tell = (record: string, problem: Problem['problem'], message: string) => void

async function readOwners(
  data: Places['data'],
  tell: Tell,
): Promise<[owners: Map<string, Owner>, refs: Map<string, number>]> {
  const owners = new Map<string, Owner>()
  const refs = new Map<string, number>()
  for await (const [key, record] of scan(data, under(OWNERS))) {
    const owner = attempt(() => readOwner(key, record), key, tell)
    if (!owner) continue
    owners.set(key.slice(OWNERS.length), owner)
    for (const hash of owner.hashes) refs.set(hash, (refs.get(hash) ?? 0) + 1)
  }
  return [owners, refs]
}

async function readObjects({ data, archive }: Places, refs: ReadonlyMap<string, number>, tell: Tell) {
  const metas = new Map<string, Meta>()
  const totals = { ...NO_TOTALS }
  const unreadable = new Set<string>()
  const take = (key: string, hash: string, meta: Meta) => {
    metas.set(hash, meta)
    count(totals, meta, 1)
    const counted = refs.get(hash) ?? 0
    if (meta.refs !== counted)
      tell(key, 'miscounted', `object ${hash} counts ${meta.refs} owners, and there are ${counted}`)
  }
  for await (const [key, record] of scan(data, under('m/'))) {
    const hash = hashOf(key)
    const meta = attempt(() => readMeta(hash, record), key, tell)
    if (!meta) {
      unreadable.add(hash)
      continue
    }
    take(key, hash, meta)
    const place = meta.tier === Tier.WARM ? data : archive
    // It may have moved since it was listed: the record of now counts.
    const body = place.get(objectKey(hash))
    if (body) attempt(() => checkObject(hash, meta, body), objectKey(hash), tell)
    else tell(objectKey(hash), 'missing', `the bytes of object ${hash} are gone`)
  }
  for await (const [key, record] of scan(data, under('o/'))) {
    const hash = hashOf(key)
    // Whose record cannot be read has been named already: who knows where its bytes are.
    if (unreadable.has(hash) || metas.get(hash)?.tier === Tier.WARM) continue
    const meta = metas.has(hash) ? NOBODYS : attempt(() => aloneMeta(hash, record), key, tell)
    if (meta === NOBODYS) tell(key, 'orphan', orphaned(hash))
    else if (meta) take(key, hash, meta)
  }
  return { metas, totals, unreadable }
}

const NOBODYS = 'nobodys'
const orphaned = (hash: string): string => `bytes of object ${hash} that nothing leads to`

/** An object without a record beside its own, checked. */
function aloneMeta(hash: string, record: Uint8Array): Meta | typeof NOBODYS {
  const meta = ownMeta(hash, record)
  if (meta) checkObject(hash, meta, record)
  return meta ?? NOBODYS
}

function checkObject(hash: string, { encoding, size }: Meta, record: Uint8Array): void {
  const packed = unsealObject(hash, record)
  if (packed.encoding !== encoding || packed.size !== size)
    throw new Error(`object ${hash} is packed otherwise than its record says`)
  const bytes = unpack(packed)
  if (blake3Hex(bytes) !== hash) throw new Error(`object ${hash} has another hash`)
}

async function readPointers(
  data: Places['data'],
  owners: ReadonlyMap<string, unknown>,
  tell: Tell,
): Promise<number> {
  let pointers = 0
  for await (const [key, record] of scan(data, under('p/'))) {
    const pointer = attempt(() => unsealJson<Pointer>(key, Kind.POINTER, record), key, tell)
    pointers++
    // What is on trial owns nothing yet.
    for (const to of [pointer?.permanent, pointer?.trial])
      if (to?.owner && !owners.has(to.owner))
        tell(key, 'missing', `${key} leads to ${to.owner}, which is gone`)
  }
  return pointers
}

function refsOff(metas: ReadonlyMap<string, Meta>, refs: ReadonlyMap<string, number>): Map<string, number> {
  const off = new Map<string, number>()
  for (const [hash, meta] of metas) {
    const by = (refs.get(hash) ?? 0) - meta.refs
    if (by !== 0) off.set(hash, by)
  }
  return off
}

function checkTotals(data: Places['data'], counted: Totals, tell: Tell): Totals {
  const written = attempt(() => readTotals((key) => data.get(key)), TOTALS_KEY, tell) ?? NO_TOTALS
  const names = Object.keys(NO_TOTALS) as (keyof Totals)[]
  const off = Object.fromEntries(
    names.map((name) => [name, counted[name] - written[name]]),
  ) as never as Totals
  if (names.some((name) => off[name] !== 0))
    tell(TOTALS_KEY, 'miscounted', 'the sums over all objects are wrong')
  return off
}

/** A record that cannot be read is a finding, not the end of the search. */
function attempt<T>(act: () => T, record: string, tell: Tell): T | undefined {
  try {
    return act()
  } catch (error) {
    tell(record, 'damaged', (error as Error).message)
    return undefined
  }
}
