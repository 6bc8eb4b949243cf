import type { UnitDescriptor } from './descriptor.ts'

/** A version of a unit as somebody keeps it. */
export interface StoredVersion {
  readonly descriptor: UnitDescriptor
  /** epoch milliseconds at which it came */
  readonly at: number
  /** where it is kept, for people: `git 1a2b3c4`, `working tree` */
  readonly where: string
  /** in git: the commit */
  readonly commit?: string
  /** in one line, what was said when it came */
  readonly subject?: string
  /** of the unit's own files */
  readonly bytes: number
}

/** Who knows versions of units: git, a store, a running engine. */
export interface VersionSource {
  /** Every version of a unit that is kept, in the order in which they came; none for a unit that is not known. */
  versions(unit: string): Promise<readonly StoredVersion[]>
}
