import { addon, formatHash } from '../native/addon.ts'
import { readPrerelease } from '../version/read.ts'
import { requireIntegrity } from '../version/record.ts'
import { Version } from '../version/version.ts'
import { LAYOUT, VERSION_STATES, type VersionState } from './layout.ts'

/** One registered version, copied out of the registry. */
export interface RegisteredVersion {
  /** its record's index */
  readonly record: number
  /** its unit's index */
  readonly unit: number
  readonly version: Version
  /** XXH3-64 of the unit's files, 16 hex digits */
  readonly hash: string
  /** epoch milliseconds */
  readonly timestamp: number
  readonly flags: number
  readonly state: VersionState
}

/** What a version is registered with. */
export interface VersionDraft {
  /** the unit's index */
  readonly unit: number
  readonly version: Version
  /** 16 hex digits */
  readonly hash: string
  /** epoch milliseconds, a whole number */
  readonly timestamp: number
  /** bits of FLAGS; default: the version's own */
  readonly flags?: number
}

/** Bytes of a record and its tail, one after the other. */
export const RECORD_AND_TAIL_BYTES = LAYOUT.RECORD_BYTES + LAYOUT.TAIL_BYTES

const decoder = new TextDecoder()

/** Bytes of a record that never change after it was written. */
const SEALED_BYTES = LAYOUT.RECORD_STATE

/** As ts_version_integrity of native/include/tickswap/version.h. */
function integrityOf(copy: Uint8Array, tailBytes: number): number {
  const tail = copy.subarray(LAYOUT.RECORD_BYTES, LAYOUT.RECORD_BYTES + tailBytes)
  const seed = addon().hash(tail)
  return Number(addon().hash(copy.subarray(0, SEALED_BYTES), seed) & 0xffff_ffffn)
}

const hex32 = (hash: number): string => hash.toString(16).padStart(8, '0')

/** Writes a draft as a record and its tail. The text of a version is ASCII and fits any tail. */
export function writeDraft(view: DataView, draft: VersionDraft): void {
  const { version, hash, timestamp } = draft
  const prerelease = version.prerelease.length > 0 ? version.prerelease.join('.') : ''
  view.setUint32(LAYOUT.RECORD_MAJOR, version.major, true)
  view.setUint32(LAYOUT.RECORD_MINOR, version.minor, true)
  view.setUint32(LAYOUT.RECORD_PATCH, version.patch, true)
  view.setUint32(LAYOUT.RECORD_BUILD, version.build, true)
  view.setUint32(LAYOUT.RECORD_FLAGS, draft.flags ?? version.flags, true)
  view.setUint32(LAYOUT.RECORD_UNIT, draft.unit, true)
  // In halves of 32 bits: making a bigint costs more than the rest of a registration.
  view.setUint32(LAYOUT.RECORD_TIMESTAMP_MS, timestamp % 2 ** 32, true)
  view.setUint32(LAYOUT.RECORD_TIMESTAMP_MS + 4, timestamp / 2 ** 32, true)
  view.setUint32(LAYOUT.RECORD_CONTENT_HASH, hexHalf(hash, 8), true)
  view.setUint32(LAYOUT.RECORD_CONTENT_HASH + 4, hexHalf(hash, 0), true)
  view.setUint16(LAYOUT.RECORD_PRERELEASE_BYTES, prerelease.length, true)
  view.setUint16(LAYOUT.RECORD_METADATA_BYTES, version.metadata.length, true)
  writeAscii(view, LAYOUT.RECORD_BYTES, prerelease)
  writeAscii(view, LAYOUT.RECORD_BYTES + prerelease.length, version.metadata)
}

/** Whether a text is a content hash, 16 hex digits. */
export const isHash = (text: string): boolean =>
  text.length === 16 && hexHalf(text, 0) >= 0 && hexHalf(text, 8) >= 0

/** What eight lower-case hex digits say; -1 for anything else. Digit by digit, which is half of what parseInt takes. */
function hexHalf(text: string, from: number): number {
  let value = 0
  for (let i = from; i < from + 8; i++) {
    const code = text.charCodeAt(i)
    const digit = code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : -1
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

function writeAscii(view: DataView, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i))
}

/**
 * Reads a record from a private copy of it and its tail.
 * Throws TICKSWAP_E_INTEGRITY, with both hashes, for one that is not what was registered.
 */
export function readRecord(record: number, copy: Uint8Array): RegisteredVersion {
  const view = new DataView(copy.buffer, copy.byteOffset, RECORD_AND_TAIL_BYTES)
  const prereleaseEnd = LAYOUT.RECORD_BYTES + view.getUint16(LAYOUT.RECORD_PRERELEASE_BYTES, true)
  const metadataEnd = prereleaseEnd + view.getUint16(LAYOUT.RECORD_METADATA_BYTES, true)
  const tailBytes = Math.min(metadataEnd - LAYOUT.RECORD_BYTES, LAYOUT.TAIL_BYTES)
  const recorded = hex32(view.getUint32(LAYOUT.RECORD_INTEGRITY, true))
  requireIntegrity(`the record ${record} of the registry`, recorded, hex32(integrityOf(copy, tailBytes)))
  const hash = formatHash(view.getBigUint64(LAYOUT.RECORD_CONTENT_HASH, true))
  const timestamp = Number(view.getBigUint64(LAYOUT.RECORD_TIMESTAMP_MS, true))
  const flags = view.getUint32(LAYOUT.RECORD_FLAGS, true)
  const parts = {
    major: view.getUint32(LAYOUT.RECORD_MAJOR, true),
    minor: view.getUint32(LAYOUT.RECORD_MINOR, true),
    patch: view.getUint32(LAYOUT.RECORD_PATCH, true),
    build: view.getUint32(LAYOUT.RECORD_BUILD, true),
    prerelease: readPrerelease(decoder.decode(copy.subarray(LAYOUT.RECORD_BYTES, prereleaseEnd))),
    metadata: decoder.decode(copy.subarray(prereleaseEnd, metadataEnd)),
  }
  return {
    record,
    unit: view.getUint32(LAYOUT.RECORD_UNIT, true),
    version: Version.of(parts, { flags, timestamp, hash }),
    hash,
    timestamp,
    flags,
    state: VERSION_STATES[view.getUint32(LAYOUT.RECORD_STATE, true)] as VersionState,
  }
}
