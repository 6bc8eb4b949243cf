import type { Identifier } from './prerelease.ts'

/** The parts of a version, as text declares them, and what is known about it besides. */
export interface VersionParts {
  /** each 0 to 2^32 - 1 */
  readonly major: number
  readonly minor: number
  readonly patch: number
  readonly build: number
  /** `rc.1` of `1.4.2-rc.1`, empty for a release */
  readonly prerelease: readonly Identifier[]
  /** `g0a1b` of `1.4.2+g0a1b`, empty when there is none; without meaning for the order */
  readonly metadata: string
}

/** What a version carries that its text does not say. */
export interface VersionAbout {
  /** bits of FLAGS; 0 for none */
  readonly flags: number
  /** epoch milliseconds of its making, a whole number; 0 when not known */
  readonly timestamp: number
  /** XXH3-64 of its content, 16 hex digits; empty when not known */
  readonly hash: string
}

/** characters; node-semver's own limit */
export const MOST_CHARACTERS = 256

/** The largest value of major, minor, patch and build. */
export const MOST_PART = 0xffff_ffff

const MOST_SHOWN = 80

/** A value in a message, whatever it is: never long, and never the cause of another error. */
export function shown(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}...` : value)
  return typeof value === 'number' ? String(value) : `a ${typeof value}`
}
