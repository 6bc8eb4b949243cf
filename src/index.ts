import v8 from 'node:v8'

// Before any worker starts: V8's compilation cache would hold every version of every module.
v8.setFlagsFromString('--no-compilation-cache')

export type { BackupStatus } from './control/backup-list.ts'
export type { RuntimeOptions } from './control/options.ts'
export { createRuntime, joinRuntime } from './create.ts'
export { ADVICE, type ErrorCode, type Finding, type Place, TickswapError } from './errors.ts'
export type { RegistryDiagnostics } from './registry/diagnostics.ts'
export type { Handle, RuntimeDiagnostics, UnitStatus } from './runtime/shapes.ts'
export type { Quarantine, SwapOptions } from './runtime/terms.ts'
export type { Runtime } from './runtime.ts'
export type { HealthCheck } from './swap/inspect.ts'
export type { HistoryEntry, QuarantineEntry, SwapTerms, Ticket } from './swap/protocol.ts'
export type {
  Action,
  Outcome,
  ParticipantReport,
  Phase,
  PhaseTimes,
  RollbackState,
  Strategy,
  SwapProgress,
  SwapReport,
  UnitMove,
  Verdict,
} from './swap/report.ts'
export {
  createLoader,
  type GraphModule,
  type Loader,
  type LoaderOptions,
  type ReloadReport,
} from './units/code/loader.ts'
export { Constraint, type ConstraintOptions } from './version/constraint.ts'
export { FLAG_SETS, FLAGS, type Flag, type FlagSet, type FlagSetName, type Flags } from './version/flags.ts'
export type { IdentifierBase, Increment } from './version/increment.ts'
export type { VersionRecord } from './version/record.ts'
export { loadOrder } from './version/resolve/order.ts'
export {
  type Binding,
  type Choice,
  type Conflict,
  type Demand,
  type Question,
  type Resolution,
  type Resolved,
  resolve,
  type UnitChoices,
} from './version/resolve/resolve.ts'
export { type About, Version } from './version/version.ts'
