import { TickswapError } from '../errors.ts'
import { Kind, sealJson, unsealJson } from './record.ts'
import { replaceMeta } from './tiers/meta.ts'
import { findMeta } from './tiers/packed.ts'
import type { Transaction } from './transactor.ts'

/** Something that needs objects: as long as it is there they are not collected. */
export interface Owner {
  readonly hashes: readonly string[]
  /** epoch milliseconds */
  readonly at: number
  readonly info: unknown
}

const MAX_NAME_BYTES = 512
export const OWNERS = 'w/'
export const ownerKey = (name: string): string => `${OWNERS}${checkOwnerName(name)}`

/**
 * Names of units are no paths here, only parts of keys: `../` leads nowhere. What would make two names look alike
 * is refused all the same.
 * @throws TickswapError STORE_LIMIT
 */
export function checkOwnerName(name: string): string {
  const bytes = Buffer.byteLength(name)
  if (bytes < 1 || bytes > MAX_NAME_BYTES)
    throw new TickswapError(
      'TICKSWAP_E_STORE_LIMIT',
      `a name of ${bytes} bytes; 1 to ${MAX_NAME_BYTES} are possible`,
    )
  if (/\p{Cc}|(?:^|\/)\.\.?(?:\/|$)/u.test(name) || !name.isWellFormed())
    throw new TickswapError(
      'TICKSWAP_E_STORE_LIMIT',
      `${JSON.stringify(name)} is no name: it has control characters, or '.' or '..' as a part`,
    )
  return name
}

export function readOwner(key: string, record: Uint8Array): Owner {
  return unsealJson<Owner>(key, Kind.OWNER, record)
}

/** Makes `owner` name exactly these objects, or forgets it. Objects that are not there are an error. */
export function own(tx: Transaction, name: string, owner: Owner | undefined): void {
  const key = ownerKey(name)
  const record = tx.get(key)
  const before = new Set(record ? readOwner(key, record).hashes : [])
  const next = new Set(owner?.hashes)
  for (const hash of next) if (!before.has(hash)) addReference(tx, hash, 1)
  for (const hash of before) if (!next.has(hash)) addReference(tx, hash, -1)
  if (owner) tx.put(key, sealJson(key, Kind.OWNER, { ...owner, hashes: [...next] }))
  else if (record) tx.remove(key)
}

function addReference(tx: Transaction, hash: string, by: 1 | -1): void {
  const meta = findMeta((key) => tx.get(key), hash)
  if (!meta) {
    if (by === -1) return
    throw new TickswapError('TICKSWAP_E_STORE_DAMAGED', `there is no object ${hash} to refer to`)
  }
  replaceMeta(tx, hash, meta, { ...meta, refs: Math.max(0, meta.refs + by) })
}
