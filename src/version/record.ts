import { TickswapError } from '../errors.ts'
import { hashHex } from '../native/addon.ts'

/** A version as plain data. Structured-cloneable, and the same after JSON. */
export interface VersionRecord {
  /** as Version.format writes it */
  readonly version: string
  readonly flags: readonly string[]
  /** epoch milliseconds, 0 when not known */
  readonly timestamp: number
  /** XXH3-64 of the content, 16 hex digits, empty when not known */
  readonly hash: string
  /** XXH3-64 over the other fields, 16 hex digits */
  readonly integrity: string
}

const encoder = new TextEncoder()

/** The hash over a record's fields, in one fixed order. */
export function sealOf({ version, flags, timestamp, hash }: Omit<VersionRecord, 'integrity'>): string {
  return hashHex(encoder.encode(JSON.stringify([version, [...flags].sort(), timestamp, hash])))
}

/**
 * Refuses what is not what was written. `what` names it in a sentence.
 * Throws TICKSWAP_E_INTEGRITY with both hashes.
 */
export function requireIntegrity(what: string, recorded: string, computed: string, file?: string): void {
  if (recorded === computed) return
  throw new TickswapError(
    'TICKSWAP_E_INTEGRITY',
    `${what} was altered: its hash is ${computed}, and ${recorded} was recorded`,
    file === undefined ? {} : { file },
  )
}

const isText = (value: unknown): value is string => typeof value === 'string'

/** A record's fields. Throws TICKSWAP_E_INTEGRITY for one that was altered, or is none. */
export function openRecord(record: unknown): VersionRecord {
  const { version, flags, timestamp, hash, integrity } = (record ?? {}) as Partial<VersionRecord>
  const isRecord =
    isText(version) &&
    Array.isArray(flags) &&
    flags.every(isText) &&
    typeof timestamp === 'number' &&
    isText(hash) &&
    isText(integrity)
  if (!isRecord) throw new TickswapError('TICKSWAP_E_INTEGRITY', 'this is no record of a version')
  const fields = { version, flags, timestamp, hash }
  requireIntegrity(`the record of ${version.slice(0, 80)}`, integrity, sealOf(fields))
  return { ...fields, integrity }
}
