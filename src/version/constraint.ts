import { TickswapError } from '../errors.ts'
import { type Flags, flagBits, flagNames, flagSet } from './flags.ts'
import type { Alternative } from './range/bound.ts'
import { diagnose } from './range/diagnose.ts'
import { flagRefusal, refusals } from './range/explain.ts'
import { type KeyRange, keysOf } from './range/keys.ts'
import { readRange } from './range/read.ts'
import { intersects, isSubset } from './range/relate.ts'
import { admitsPrerelease, endsWith, isWithin, type Point, pointOf, type Span, spanOf } from './range/span.ts'
import { Version } from './version.ts'

/** characters of a range; far above what people write, far below what takes time */
export const MOST_RANGE_CHARACTERS = 4096

export interface ConstraintOptions {
  /** prereleases match wherever they are in order, as with node-semver's option; default false */
  readonly includePrerelease?: boolean
  /** flags that a version has to have, all of them */
  readonly requiredFlags?: Flags
  /** flags of which a version may have none */
  readonly excludedFlags?: Flags
  /** the name of a set of flags, such as `production`; its rules add to the two above */
  readonly flags?: string
}

/** The flags' part of a constraint, as bits. */
export interface FlagRule {
  readonly required: number
  readonly excluded: number
}

const MOST_SHOWN = 80
const invalid = (message: string): never => {
  throw new TickswapError('TICKSWAP_E_CONSTRAINT_INVALID', message)
}

function readAlternatives(text: string, includePrerelease: boolean): readonly Alternative[] {
  if (typeof text !== 'string') return invalid(`a ${typeof text} is no range; a string is`)
  if (text.length > MOST_RANGE_CHARACTERS)
    invalid(`a range of ${text.length} characters is longer than ${MOST_RANGE_CHARACTERS}`)
  const read = readRange(text, includePrerelease)
  if (read) return read
  const { at, expected } = diagnose(text)
  const found = at < text.length ? `found "${text[at]}"` : 'the text ends'
  const shown = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text
  return invalid(`"${shown}" is no range: expected ${expected} at character ${at + 1}, ${found}`)
}

function readFlags(options: ConstraintOptions): FlagRule {
  const set = options.flags === undefined ? undefined : flagSet(options.flags)
  const required = flagBits(options.requiredFlags ?? 0) | flagBits(set?.required ?? 0)
  const excluded = flagBits(options.excludedFlags ?? 0) | flagBits(set?.excluded ?? 0)
  const both = flagNames(required & excluded)
  if (both.length > 0) invalid(`no version can match: ${both.join(' and ')} required and excluded at once`)
  return { required, excluded }
}

const versionOf = (version: Version | string): Version =>
  version instanceof Version ? version : Version.parse(version)

/**
 * A range of versions in node-semver's grammar: `^1.4.0`, `>=1 <3`, `1.x || 2.x`, and rules about
 * flags. Immutable.
 *
 * For every version and range that node-semver can read the answers are node-semver's, those of
 * `intersects` and `subset` too. Two things are added. A version may have a fourth number, the
 * build: `1.4.2` and `<=1.4.2` match 1.4.2.17, so that saving a file again never breaks who
 * requires it. And a bound may name a build: `>=1.4.2.17`, `^1.4.2.17`, `1.4.2.3 - 1.4.2.9`.
 */
export class Constraint {
  /** as it was written */
  readonly text: string
  readonly includePrerelease: boolean
  /** bits of FLAGS */
  readonly flags: FlagRule
  readonly #alternatives: readonly Alternative[]
  readonly #spans: readonly Span[]
  #keys: readonly KeyRange[] | undefined

  private constructor(text: string, options: ConstraintOptions) {
    this.includePrerelease = options.includePrerelease === true
    this.#alternatives = readAlternatives(text, this.includePrerelease)
    this.flags = readFlags(options)
    this.text = text
    this.#spans = this.#alternatives.map(spanOf)
  }

  /**
   * Reads a range of at most 4096 characters. Linear in its length.
   * Throws TICKSWAP_E_CONSTRAINT_INVALID, with the position, for anything else and for flags that
   * are required and excluded at once; TICKSWAP_E_FLAG_UNKNOWN.
   */
  static parse(text: string, options: ConstraintOptions = {}): Constraint {
    return new Constraint(text, options ?? {})
  }

  /** Whether `parse` reads the text. Never throws. */
  static isValid(text: unknown): text is string {
    const isShort = typeof text === 'string' && text.length <= MOST_RANGE_CHARACTERS
    return isShort && readRange(text, false) !== undefined
  }

  /** Whether a version is in the range and its flags are as required. Text throws as Version.parse does. */
  matches(version: Version | string): boolean {
    const candidate = versionOf(version)
    if (!this.#hasFlags(candidate)) return false
    return this.#isInRange(pointOf(candidate, candidate.precedence()))
  }

  /**
   * Whether somebody who requires this range can work with a version: as `matches`, and a build of a
   * prerelease also where the range ends with that prerelease. `1.4.2-rc.1` does not match 1.4.2-rc.1.17,
   * which is another prerelease to node-semver; it accepts it, since to us it is a later save of the same file.
   * Text throws as Version.parse does.
   */
  accepts(version: Version | string): boolean {
    const candidate = versionOf(version)
    if (this.matches(candidate)) return true
    if (candidate.build === 0 || candidate.prerelease.length === 0 || !this.#hasFlags(candidate)) return false
    const point = pointOf(candidate, candidate.precedence())
    const declared = pointOf(candidate, candidate.prerelease)
    return this.#alternatives.some(({ bounds }) => endsWith(bounds, declared, point))
  }

  /** The highest of the versions that match, undefined when none does; of equal ones the first. */
  best<T extends Version | string>(versions: Iterable<T>): T | undefined {
    let best: { given: T; version: Version } | undefined
    for (const given of versions) {
      const version = versionOf(given)
      if (!this.matches(version)) continue
      if (!best || Version.compare(version, best.version) > 0) best = { given, version }
    }
    return best?.given
  }

  /**
   * Whether some version can match both, flags included; as node-semver's `intersects` judges.
   * Prereleases count as included when they are in either.
   */
  intersects(other: Constraint | string): boolean {
    const that = this.#other(other)
    const isTorn =
      (this.flags.required & that.flags.excluded) !== 0 || (that.flags.required & this.flags.excluded) !== 0
    return !isTorn && intersects(this.#alternatives, that.#alternatives, this.#includesWith(that))
  }

  /** Whether every version that matches this matches the other too; as node-semver's `subset` judges. */
  subset(other: Constraint | string): boolean {
    const that = this.#other(other)
    const { required, excluded } = that.flags
    const keepsFlags =
      (this.flags.required & required) === required && (this.flags.excluded & excluded) === excluded
    const includes = this.#includesWith(that)
    const isSame = this.text === that.text
    return keepsFlags && (isSame || isSubset(this.#alternatives, that.#alternatives, includes))
  }

  /** One sentence: that a version matches, or which comparator refused it, and why. */
  explain(version: Version | string): string {
    const candidate = versionOf(version)
    const point = pointOf(candidate, candidate.precedence())
    const { required, excluded } = this.flags
    if (!this.#isInRange(point)) return refusals(candidate.toString(), this.#alternatives, point)
    if (this.#hasFlags(candidate)) return `${candidate} matches ${this.text.trim() || '*'}`
    const missing = flagNames(required & ~candidate.flags)
    return flagRefusal(candidate.toString(), missing, flagNames(excluded & candidate.flags))
  }

  /** What the range comes down to: each alternative's comparators, as `>=1.2.0 <2.0.0-0`. */
  comparators(): string[] {
    return this.#alternatives.map(({ bounds }) => bounds.map(({ text }) => text).join(' ') || '*')
  }

  /** Whether a prerelease can match. */
  get admitsPrereleases(): boolean {
    return this.includePrerelease || this.#spans.some(({ named }) => named.length > 0)
  }

  /**
   * The versions without a prerelease that match, as ranges from a lowest to a highest
   * major.minor.patch.build: what the native matcher works on. Made once.
   */
  keys(): readonly KeyRange[] {
    this.#keys ??= this.#spans.flatMap((span) => keysOf(span) ?? [])
    return this.#keys
  }

  toString(): string {
    return this.text
  }

  #hasFlags({ flags }: Version): boolean {
    const { required, excluded } = this.flags
    return (flags & required) === required && (flags & excluded) === 0
  }

  #isInRange(point: Point): boolean {
    for (const span of this.#spans)
      if (isWithin(point, span) && (this.includePrerelease || admitsPrerelease(point, span))) return true
    return false
  }

  #other(other: Constraint | string): Constraint {
    if (other instanceof Constraint) return other
    return Constraint.parse(other, { includePrerelease: this.includePrerelease })
  }

  #includesWith(other: Constraint): boolean {
    return this.includePrerelease || other.includePrerelease
  }
}
