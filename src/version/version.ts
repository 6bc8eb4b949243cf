import { TickswapError } from '../errors.ts'
import { type Flag, type Flags, flagBits, flagNames } from './flags.ts'
import { type IdentifierBase, type Increment, incremented } from './increment.ts'
import { MOST_PART, shown, type VersionAbout, type VersionParts } from './parts.ts'
import { comparePrerelease, type Identifier } from './prerelease.ts'
import { readVersion } from './read.ts'
import { openRecord, sealOf, type VersionRecord } from './record.ts'

/** What a version can be given besides its text. */
export interface About {
  /** names in any case, or bits of FLAGS */
  readonly flags?: Flags
  /** epoch milliseconds, a whole number */
  readonly timestamp?: number
  /** XXH3-64 of the content, 16 hex digits */
  readonly hash?: string
}

const NOTHING_KNOWN: VersionAbout = { flags: 0, timestamp: 0, hash: '' }

const HASH = /^[0-9a-f]{16}$/

const endsInNumber = (identifiers: readonly Identifier[]): boolean =>
  identifiers.length > 0 && typeof identifiers[identifiers.length - 1] === 'number'

const comparePrereleases = (a: Version, b: Version): number =>
  a.prerelease.length === 0 && b.prerelease.length === 0
    ? 0
    : comparePrerelease(a.precedence(), b.precedence())

/**
 * MAJOR.MINOR.PATCH.BUILD, with a prerelease and metadata. Immutable.
 *
 * Where the BUILD stands in text: after the patch (`1.4.2.17`), or after a
 * prerelease that ends in a number (`1.4.2-rc.1.17` is build 17 of `1.4.2-rc.1`).
 * So among two numbers at the end of a prerelease the last one is the build,
 * unless it is 0. A prerelease that ends in a word keeps its build after the patch:
 * `1.4.2.17-alpha`. A build after the patch is taken as it stands, which leaves the
 * whole prerelease to be a prerelease: `1.4.2.0-rc.1.17` has build 0.
 *
 * The order is node-semver's for every text that node-semver can read; versions
 * that it holds equal, or cannot read, are ordered by their build.
 */
export class Version implements VersionParts, VersionAbout {
  readonly major: number
  readonly minor: number
  readonly patch: number
  readonly build: number
  readonly prerelease: readonly Identifier[]
  readonly metadata: string
  readonly #about: VersionAbout

  private constructor(parts: VersionParts, about: VersionAbout) {
    this.major = parts.major
    this.minor = parts.minor
    this.patch = parts.patch
    this.build = parts.build
    this.prerelease = parts.prerelease
    this.metadata = parts.metadata
    this.#about = about
  }

  /**
   * Reads a version; white space around it and a leading `v` are ignored. Linear in
   * the length of the text, which is at most 256 characters.
   * Throws TICKSWAP_E_VERSION_INVALID, with the position, for anything else, and as `with` does.
   */
  static parse(text: string, about?: About): Version {
    const version = new Version(readVersion(text), NOTHING_KNOWN)
    return about ? version.with(about) : version
  }

  /** A version of parts that were read before, by `parse` or from a registry. */
  static of(parts: VersionParts, about?: VersionAbout): Version {
    return new Version(parts, about ?? NOTHING_KNOWN)
  }

  /** bits of FLAGS; 0 for none */
  get flags(): number {
    return this.#about.flags
  }

  /** epoch milliseconds, 0 when not known */
  get timestamp(): number {
    return this.#about.timestamp
  }

  /** hash of the content, 16 hex digits; empty when not known */
  get hash(): string {
    return this.#about.hash
  }

  /** Whether `parse` reads the text. Never throws. */
  static isValid(text: unknown): text is string {
    try {
      readVersion(text as string)
      return true
    } catch {
      return false
    }
  }

  /**
   * -1, 0 or 1. Metadata, flags, timestamp and hash do not count; everything else does.
   * Text is parsed first, and throws as `parse` does.
   */
  static compare(a: Version | string, b: Version | string): number {
    const left = Version.#read(a)
    const right = Version.#read(b)
    if (left.major !== right.major) return left.major < right.major ? -1 : 1
    if (left.minor !== right.minor) return left.minor < right.minor ? -1 : 1
    if (left.patch !== right.patch) return left.patch < right.patch ? -1 : 1
    const order = comparePrereleases(left, right)
    if (order !== 0 || left.build === right.build) return order
    return left.build < right.build ? -1 : 1
  }

  /** What is no version is refused like a text that is none. */
  static #read(value: Version | string): Version {
    return typeof value === 'object' && value !== null && #about in value
      ? value
      : Version.parse(value as string)
  }

  /** As `Version.compare(this, other)`. */
  compare(other: Version | string): number {
    return Version.compare(this, other)
  }

  /**
   * The next version. `major` to `release` count as node-semver's `inc` does, with its identifier
   * (`increment('prerelease', 'rc')`) and base; `build` counts the build alone. The new version
   * has no metadata, flags, timestamp or hash.
   * Throws TICKSWAP_E_VERSION_INVALID for another word, an identifier that is none, and beyond 2^32 - 1.
   */
  increment(increment: Increment, identifier?: string, identifierBase?: IdentifierBase): Version {
    const parts = incremented(this, this.precedence(), increment, identifier, identifierBase)
    for (const part of [parts.major, parts.minor, parts.patch, parts.build])
      if (part > MOST_PART)
        throw new TickswapError('TICKSWAP_E_VERSION_INVALID', `no version has the number ${part}`)
    const next = new Version(parts, NOTHING_KNOWN)
    if (increment.startsWith('pre')) readVersion(next.format())
    return next
  }

  /**
   * The same version with other flags, timestamp or hash; what is left out stays.
   * Throws TICKSWAP_E_FLAG_UNKNOWN, TICKSWAP_E_VERSION_INVALID for a timestamp or a hash that is none.
   */
  with(about: About): Version {
    const flags = about.flags === undefined ? this.flags : flagBits(about.flags)
    const { timestamp = this.timestamp, hash = this.hash } = about
    if (!Number.isSafeInteger(timestamp) || timestamp < 0)
      throw new TickswapError('TICKSWAP_E_VERSION_INVALID', `${shown(timestamp)} is no timestamp of ${this}`)
    if (hash !== '' && !(typeof hash === 'string' && HASH.test(hash)))
      throw new TickswapError('TICKSWAP_E_VERSION_INVALID', `${shown(hash)} is no content hash of ${this}`)
    return new Version(this, { flags, timestamp, hash })
  }

  /** Whether all of the flags are set. Throws TICKSWAP_E_FLAG_UNKNOWN. */
  has(flags: Flags): boolean {
    const bits = flagBits(flags)
    return (this.flags & bits) === bits
  }

  /** The names of the flags that are set, in the order of FLAGS. */
  flagNames(): Flag[] {
    return flagNames(this.flags)
  }

  /** The version as plain data that carries its own hash: for files and databases. */
  toRecord(): VersionRecord {
    const record = {
      version: this.format(),
      flags: this.flagNames(),
      timestamp: this.timestamp,
      hash: this.hash,
    }
    return { ...record, integrity: sealOf(record) }
  }

  /**
   * The version that a record holds. Throws TICKSWAP_E_INTEGRITY, with both hashes, for a
   * record that was altered, or is none.
   */
  static fromRecord(record: unknown): Version {
    const { version, flags, timestamp, hash } = openRecord(record)
    return Version.parse(version, { flags, timestamp, hash })
  }

  /** The four numbers, in the order of a native version key. */
  key(): readonly [major: number, minor: number, patch: number, build: number] {
    return [this.major, this.minor, this.patch, this.build]
  }

  /** The prerelease that node-semver reads in this version's text: with the build, where that stands in it. */
  precedence(): readonly Identifier[] {
    return this.build > 0 && endsInNumber(this.prerelease)
      ? [...this.prerelease, this.build]
      : this.prerelease
  }

  /** This version as build `build`, 0 to 2^32 - 1. Throws TICKSWAP_E_VERSION_INVALID out of that range. */
  withBuild(build: number): Version {
    if (!Number.isInteger(build) || build < 0 || build > MOST_PART)
      throw new TickswapError('TICKSWAP_E_VERSION_INVALID', `${shown(build)} is no build of ${this.format()}`)
    const { major, minor, patch, prerelease, metadata } = this
    return new Version({ major, minor, patch, build, prerelease, metadata }, this.#about)
  }

  /** Whether a file that declares the one declares the other: equal but for build and metadata. */
  sameDeclared(other: Version): boolean {
    return (
      this.major === other.major &&
      this.minor === other.minor &&
      this.patch === other.patch &&
      comparePrerelease(this.prerelease, other.prerelease) === 0
    )
  }

  /** The text that `parse` reads back as this version; a build of 0 is left out where it can be. */
  format(): string {
    const main = `${this.major}.${this.minor}.${this.patch}`
    const metadata = this.metadata && `+${this.metadata}`
    if (this.prerelease.length === 0) return `${main}${this.build ? `.${this.build}` : ''}${metadata}`
    const prerelease = `-${this.precedence().join('.')}`
    return `${main}${this.#needsBuildInFront() ? `.${this.build}` : ''}${prerelease}${metadata}`
  }

  toString(): string {
    return this.format()
  }

  /** Whether the build cannot stand at the end of the prerelease. */
  #needsBuildInFront(): boolean {
    if (this.build > 0) return !endsInNumber(this.prerelease)
    const [last, previous] = [this.prerelease.at(-1), this.prerelease.at(-2)]
    return typeof previous === 'number' && typeof last === 'number' && last > 0 && last <= MOST_PART
  }
}
