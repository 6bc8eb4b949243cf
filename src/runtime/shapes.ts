import type { NativeDiagnostics } from '../native/diagnostics.ts'
import type { RegistryDiagnostics } from '../registry/diagnostics.ts'
import type { State } from '../units/unit.ts'

/** A unit as the engine holds it. Read `exports` anew in every tick: it changes with the version. */
export interface Handle<T extends object = Record<string, never>> {
  readonly name: string
  /** the exports of the unit's file, of the version that runs */
  readonly exports: T
  /** the version that runs in this participant */
  readonly version: string
  readonly state: State
}

/** A unit as the control thread lists it. */
export interface UnitStatus {
  readonly unit: string
  readonly version: string
  readonly file: string
  readonly hash: string
  readonly flags: readonly string[]
  /** unit or interface name to range, as the unit declares them */
  readonly requires: Readonly<Record<string, string>>
  readonly optional: Readonly<Record<string, string>>
  /** interface name to the versions it offers */
  readonly provides: Readonly<Record<string, readonly string[]>>
  /** interface name to the version it works with: the newest that both sides know */
  readonly interfaces: Readonly<Record<string, string>>
  /** the units that swap together with it, itself included */
  readonly group: readonly string[]
  readonly arenaBytes: number
  /** versions that ran, oldest first, in this run of the engine or, with a store, an earlier one; `rollback` goes to any of them */
  readonly editions: readonly string[]
  /** versions from whose end a copy of the state is kept, oldest first; with a store also those of earlier runs */
  readonly backups: readonly string[]
  /** of memory, for them */
  readonly backupBytes: number
}

/** What runs where. */
export interface RuntimeDiagnostics extends NativeDiagnostics {
  readonly node: string
  readonly platform: string
  /** this participant's name */
  readonly participant: string
  /** of the whole runtime */
  readonly registry: RegistryDiagnostics
}
