import type { Finding } from '../errors.ts'
import type { RehearsalKind } from '../units/contract.ts'
import type { Action, Verdict } from '../version/compatibility/verdict.ts'

/** The phases of the road, in order. The ones from park to commit share one tick boundary. */
export const PHASES = [
  'detect',
  'stage',
  'check',
  'rehearse',
  'prepare',
  'park',
  'backup',
  'migrate',
  'verify',
  'commit',
  'probation',
  'permanent',
  'rollback',
] as const
export type Phase = (typeof PHASES)[number]

/** milliseconds per phase; a phase that did not happen is absent */
export type PhaseTimes = Partial<Record<Phase, number>>

export type { Action, Verdict } from '../version/compatibility/verdict.ts'

/**
 * How state goes back with a unit. `replay`: as it was then, and all calls since are made again with the old code;
 * `down`: the present one, through `down`; `restore`: as it was then; `auto`: the first of them that can be, and
 * `replay` only of units that are deterministic.
 */
export const ROLLBACK_STATES = ['auto', 'replay', 'down', 'restore'] as const
export type RollbackState = (typeof ROLLBACK_STATES)[number]

export type Outcome =
  /** nothing differed from what runs */
  | 'unchanged'
  /** refused before the tick boundary: no participant saw it */
  | 'refused'
  /** reversed at the tick boundary, before the commit */
  | 'reversed'
  /** a dry run that went well: it would have been committed */
  | 'dry-run'
  /** live, in probation */
  | 'committed'
  /** live, probation passed */
  | 'permanent'
  /** was live; the old version is back */
  | 'rolled-back'

/** How a swap is gone about. */
export type Strategy =
  /** as soon as all participants are ready */
  | 'auto'
  /** when all are ready, and `confirm` has been called */
  | 'manual'
  /** passes over the checks that may be passed over; never over the backup */
  | 'force'
  /** everything up to the decision, which is always against */
  | 'dry-run'

/** How far a swap has come. */
export interface SwapProgress {
  readonly id: number
  /** `over`: it has come to an end that no event tells of, because nothing has changed */
  readonly phase: Phase | 'confirm' | 'over'
  readonly strategy: Strategy
  readonly units: readonly string[]
  /** files staged, participants ready, parked, or ticks passed, as the phase has it */
  readonly done: number
  readonly total: number
  /** participants that are waited for, the tick they are at, and since when: epoch milliseconds */
  readonly waiting: readonly { readonly participant: string; readonly tick: number; readonly since: number }[]
}

export interface UnitMove {
  readonly unit: string
  readonly from: string
  readonly to: string
  /** XXH3-64 over the unit's own files, 16 hex digits */
  readonly hash: string
  /** versions that its state passes through, in the order of the way; absent where it goes directly */
  readonly via?: readonly string[]
}

/** How a candidate was tried on copies before anybody ran it. */
export interface RehearsedUnit {
  readonly unit: string
  /** `declined`: the unit says so; `none`: it gives no way to */
  readonly how: RehearsalKind
  /** ticks that it ran */
  readonly ticks: number
}

/** What was tried again in one phase, because another attempt could help. */
export interface Retried {
  readonly phase: Phase
  /** attempts after the first */
  readonly attempts: number
  /** milliseconds between attempts, all together */
  readonly waitedMs: number
  /** why the first one came to nothing */
  readonly why: string
}

export interface ParticipantReport {
  readonly participant: string
  readonly phases: PhaseTimes
  /** milliseconds before the commit in which it ran the candidate on a copy, over several ticks, and the most of one tick */
  readonly warmMs: number
  readonly worstWarmMs: number
  /** milliseconds of a tick that its thread did not use then, and those that a slice of it was to take; absent where none was */
  readonly spareMs?: number
  readonly warmSliceMs?: number
  /** milliseconds spent inside the tick() that committed */
  readonly stallMs: number
  /** the tick, in this participant's own count, at which the swap took effect */
  readonly tick: number
}

/** What happened to one swap. Structured-cloneable; events carry the same shape. */
export interface SwapReport {
  readonly id: number
  /** what asked for it */
  readonly trigger: 'edit' | 'swap' | 'rollback'
  /** the participant that asked for it, if one did */
  readonly by?: string
  readonly outcome: Outcome
  readonly verdict: Verdict
  /** what goes with it, or went; see docs/compatibility.md */
  readonly actions: readonly Action[]
  readonly units: readonly UnitMove[]
  /** files that changed, absolute */
  readonly files: readonly string[]
  /** the slowest participant's time where a phase runs in all of them */
  readonly phases: PhaseTimes
  readonly participants: readonly ParticipantReport[]
  readonly findings: readonly Finding[]
  /** the units that move; absent when the swap ended before */
  readonly rehearsed?: readonly RehearsedUnit[]
  /** absent where nothing had to be */
  readonly retried?: readonly Retried[]
  /** milliseconds from the first sign of the edit to the commit; absent when it was not committed */
  readonly liveMs?: number
  /** the worst stallMs of all participants */
  readonly stallMs: number
  /** epoch milliseconds */
  readonly at: number
  readonly strategy: Strategy
  /** instants, epoch milliseconds with fractions: all participants were ready; they were called to the boundary; */
  readonly preparedAt?: number
  readonly orderedAt?: number
  /** the last of them ran the new version */
  readonly liveAt?: number
  /** the participant that took longest, by phase, where more than one took part */
  readonly slowest?: Partial<Record<Phase, string>>
  /** its probation was cut short because another swap waited */
  readonly superseded?: boolean
  /** when it failed, when somebody acted on it, and when the last participant was back */
  readonly rolledBack?: { readonly failedAt: number; readonly actedAt: number; readonly liveAt: number }
  /** how state was brought back, and ticks of progress lost, when rolled back, be it by hand */
  readonly restored?: {
    how: 'none' | 'last-good' | 'replay' | 'down' | 'backup'
    ticksLost: number
    /** ticks whose calls the old code has made again */
    ticksReplayed?: number
    /**
     * epoch milliseconds at which the state was what it is again; only of one of an earlier run of the engine, where
     * ticksLost counts the ticks of this run alone
     */
    at?: number
  }
}
