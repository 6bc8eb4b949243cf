import { nextVersion } from '../../control/check.ts'
import type { ReadUnit } from '../../units/code/surface/unit-reader.ts'
import type { StoredVersion } from '../../version/compatibility/source.ts'
import { Version } from '../../version/version.ts'

/** A version that git, a store or the working tree has, with the unit as its sources declare it. */
export interface KnownVersion extends StoredVersion {
  readonly unit: ReadUnit
}

/** Versions of a unit in the order in which they came, each with a number of its own. */
export class Timeline {
  readonly versions: KnownVersion[] = []
  /** those that ran and are not in `versions` yet */
  readonly #ahead: KnownVersion[]
  /** those that ran and were not met elsewhere yet */
  readonly #alone: Set<KnownVersion>
  readonly #used: Version[]

  /** @param ran versions with the numbers they had when they ran, oldest first */
  constructor(ran: readonly KnownVersion[]) {
    this.#ahead = [...ran]
    this.#alone = new Set(ran)
    this.#used = ran.map(({ descriptor }) => Version.parse(descriptor.version))
  }

  /** Adds what somebody else has, unless the version before it is the same content. */
  add(unit: ReadUnit, more: Pick<KnownVersion, 'at' | 'where' | 'commit' | 'subject'>): void {
    this.ranUntil(more.at)
    const isSame = ({ descriptor }: KnownVersion) => descriptor.hash === unit.descriptor.hash
    const ran = [...this.#alone].find(isSame)
    if (ran) return this.#join(ran, more)
    const last = this.versions.at(-1)
    if (last && isSame(last)) return
    const version = nextVersion(Version.parse(unit.descriptor.version), this.#used)
    this.#used.push(version)
    const descriptor = { ...unit.descriptor, version: version.toString() }
    this.versions.push({ descriptor, unit, bytes: unit.bytes, ...more })
  }

  /** Adds what ran before a time. */
  ranUntil(at: number): void {
    while (this.#ahead[0] && this.#ahead[0].at < at) this.versions.push(this.#ahead.shift()!)
  }

  /** Content that ran has the number it ran with. */
  #join(ran: KnownVersion, more: Pick<KnownVersion, 'at' | 'where' | 'commit' | 'subject'>): void {
    this.#alone.delete(ran)
    const both = { ...ran, ...more, where: `${more.where}, ${ran.where}` }
    const [list, at] = this.versions.includes(ran)
      ? [this.versions, this.versions.indexOf(ran)]
      : [this.#ahead, this.#ahead.indexOf(ran)]
    list[at] = { ...both, at: ran.at }
  }
}
