import type { Place } from '../../errors.ts'
import type { Rule } from './rules.ts'

/** The parameters of a function, by what a caller has to give. */
export interface Parameters {
  /** arguments that a caller must give; absent where the source does not tell */
  readonly required?: number
}

/** A member of a class, under `name` or `static name`. */
export interface MemberShape extends Parameters {
  readonly kind: 'method' | 'accessor' | 'field'
}

/** What an export is, as far as its source tells. */
export type ExportShape =
  | (Parameters & { readonly kind: 'function'; readonly async: boolean; readonly generator: boolean })
  | (Parameters & {
      readonly kind: 'class'
      readonly members: Readonly<Record<string, MemberShape>>
      /** it inherits: what it lacks itself may come from there */
      readonly extends: boolean
    })
  | { readonly kind: 'value'; readonly type: 'number' | 'string' | 'boolean' | 'bigint' | 'object' }
  | { readonly kind: 'namespace' }
  /** another package's export, or a value that only a run would tell */
  | { readonly kind: 'unknown' }

export type PlacedShape = ExportShape & { readonly place?: Place }

/** Exports by name. */
export type Surface = Readonly<Record<string, PlacedShape>>

export interface ColumnShape {
  readonly type: string
  /** elements; text where only a run would tell the number */
  readonly length: number | string
  readonly scope: 'shared' | 'participant'
}

export interface StateShape {
  /** not all columns can be told: then none are compared */
  readonly partial?: true
  readonly columns: Readonly<Record<string, ColumnShape>>
  /** key to the type of its first value; absent where there is no soft state, or none that is known */
  readonly soft?: Readonly<Record<string, string>>
}

export interface MigrationShape {
  /** of older versions */
  readonly range: string
  readonly up: boolean
  readonly down: boolean
  readonly lossy?: boolean
  /** rows that it can move a part at a time, upwards; 0 when it is not written so */
  readonly rows?: number
}

/**
 * All that compatibility asks of one version of a unit. Plain data: it can be kept in a store, sent to a
 * thread or written as JSON, and running, candidate and stored versions are told apart by nothing in it.
 */
export interface UnitDescriptor {
  readonly unit: string
  /** canonical text */
  readonly version: string
  readonly file: string
  /** content hash over the unit's own files; equal hashes are the same content */
  readonly hash: string
  readonly flags: readonly string[]
  /** unit name to range */
  readonly requires: Readonly<Record<string, string>>
  /** as `requires`, for units that need not be there */
  readonly optional?: Readonly<Record<string, string>>
  /** interface name to the versions offered */
  readonly provides?: Readonly<Record<string, readonly string[]>>
  readonly state: StateShape
  readonly migrations: readonly MigrationShape[]
  /** absent where the source could not be read: then exports are not compared */
  readonly surface?: Surface
  readonly rules: readonly Rule[]
  /** where parts of the declaration stand: `version`, `flags`, `requires.roads`, `columns.speed`, `migrate.^1.0.0` */
  readonly places: Readonly<Record<string, Place>>
}

/** Where a part of a unit stands, or else its file. */
export function placeIn(descriptor: UnitDescriptor, ...keys: readonly string[]): Place {
  for (const key of keys) {
    const place = descriptor.places[key]
    if (place) return place
  }
  return { file: descriptor.file }
}
