import { TickswapError } from '../errors.ts'
import { MOST_PART, type VersionParts } from './parts.ts'
import { comparePrerelease, type Identifier } from './prerelease.ts'
import { readVersion } from './read.ts'

const byNumber = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1)

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
export class Version implements VersionParts {
  readonly major: number
  readonly minor: number
  readonly patch: number
  readonly build: number
  readonly prerelease: readonly Identifier[]
  readonly metadata: string

  private constructor(parts: VersionParts) {
    this.major = parts.major
    this.minor = parts.minor
    this.patch = parts.patch
    this.build = parts.build
    this.prerelease = parts.prerelease
    this.metadata = parts.metadata
  }

  /**
   * Reads a version; white space around it and a leading `v` are ignored. Linear in
   * the length of the text, which is at most 256 characters.
   * Throws TICKSWAP_E_VERSION_INVALID, with the position, for anything else.
   */
  static parse(text: string): Version {
    return new Version(readVersion(text))
  }

  /** A version of parts that were read before, by `parse` or from a registry. */
  static of(parts: VersionParts): Version {
    return new Version(parts)
  }

  /** -1, 0 or 1. Metadata does not count; everything else does. */
  static compare(a: Version, b: Version): number {
    return (
      byNumber(a.major, b.major) ||
      byNumber(a.minor, b.minor) ||
      byNumber(a.patch, b.patch) ||
      comparePrereleases(a, b) ||
      byNumber(a.build, b.build)
    )
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
      throw new TickswapError('TICKSWAP_E_VERSION_INVALID', `${build} is no build of ${this.format()}`)
    const { major, minor, patch, prerelease, metadata } = this
    return new Version({ major, minor, patch, build, prerelease, metadata })
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
