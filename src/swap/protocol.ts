import type { ErrorCode, Finding } from '../errors.ts'
import type { Move as RegistryMove } from '../registry/registry.ts'
import type { Layout } from '../state/layout.ts'
import type { UnitMemory } from '../state/memory.ts'
import type { MigrationPlan } from '../state/migrate.ts'
import type { WayBackMemory } from '../state/way-back.ts'
import type { GraphUpdate } from '../units/code/artifact.ts'
import type { ColumnArray } from '../units/column.ts'
import type { RehearsalKind } from '../units/contract.ts'
import type { CheckpointUnit } from './checkpoint.ts'
import type { Cue } from './play.ts'
import type { Outcome, RollbackState, Strategy, SwapProgress, SwapReport } from './report.ts'
import type { ScriptVersion } from './scripts.ts'
import type { Stopover } from './stopover.ts'

/** The messages between the control thread and the participants. What fits a word is on the board instead. */

/** One unit's part of a swap. */
export interface Move {
  readonly unit: string
  readonly file: string
  /** undefined for a unit that did not exist */
  readonly from: string | undefined
  readonly to: string
  /** its file is evaluated anew; otherwise only modules that travel with it changed */
  readonly evaluated: boolean
  /** the state moves to other memory */
  readonly moved: boolean
  readonly plan: MigrationPlan
  /** its rows are being moved beside what runs: the boundary moves what was written since, and the rest */
  readonly sliced: boolean
  /** how far the way back has been gone ahead, in probation; only of large state that is sliced */
  readonly wayBack?: WayBackMemory | undefined
  /** the memory holds a backup already: only what is a participant's own is carried over */
  readonly restored: boolean
  /** versions that a chain of migrations passes through, in the order of the way */
  readonly via: readonly Stopover[]
  readonly memory: UnitMemory
  /** receives a copy of the running arena at the commit */
  readonly backup: SharedArrayBuffer | undefined
}

/** What a version is watched for in probation, besides exceptions, numbers and `verify`. */
export interface Watch {
  /** milliseconds of a tick, per unit and participant */
  readonly budgetMs: number
  /** the same as a multiple of what the version before took */
  readonly budgetRatio?: number
  /** ticks over which that is measured before the commit, 0 when nobody asks */
  readonly baselineTicks: number
  /** bytes by which the heap of a participant may grow */
  readonly heapBytes?: number
}

/** What one participant has for itself of a unit: columns of its own, and soft state. Structured-cloneable. */
export interface OwnState {
  readonly columns: Readonly<Record<string, ColumnArray>>
  readonly soft: Record<string, unknown>
}

/** A unit with the state that it begins a rehearsal with. */
export interface WarmPart {
  readonly unit: string
  readonly file: string
  readonly shared: Layout
  readonly own: Layout
  readonly base: SharedArrayBuffer
  readonly private: OwnState
  readonly rehearsal: RehearsalKind
}

/** How a participant warms a candidate on a copy of its own, before it says that it is ready. */
export interface Warmth {
  /** the units that move and are rehearsed, and those that they import */
  readonly parts: readonly WarmPart[]
  readonly cues: readonly Cue[]
  readonly ticks: number
  /** milliseconds of a tick of the engine, at the most: see SpareTime */
  readonly mostSliceMs: number
  /** milliseconds after which it is left at what has been done by then */
  readonly withinMs: number
}

/** A unit that keeps its code in a swap of its group. */
export interface Mate {
  readonly unit: string
  /** receives a copy of its arena at the commit */
  readonly backup: SharedArrayBuffer
  /** what its arena then holds: the group goes back to a backup */
  readonly restore?: SharedArrayBuffer
}

/** How participants write down what comes in from the commit of a swap on. */
export interface LogPlan {
  /** that move, and those of their groups: all are deterministic */
  readonly units: readonly string[]
  /** what a participant keeps at most, and milliseconds that the calls have taken in it */
  readonly ticks: number
  readonly bytes: number
  readonly ms: number
  /** swaps that it reaches back to, at most */
  readonly stretches: number
}

/** A state to come back to, from which the calls since are made again. */
export interface RewindPlan {
  /** id of the swap at whose commit it was so */
  readonly since: number
  /** who was there: see membersOf */
  readonly members: number
  readonly units: readonly { readonly unit: string; readonly memory: SharedArrayBuffer }[]
}

export interface PrepareMessage {
  readonly type: 'prepare'
  readonly id: number
  readonly update: GraphUpdate
  readonly moves: readonly Move[]
  /** the scripts of the units that move */
  readonly scripts: readonly ScriptVersion[]
  /** the registry's generation to publish at the commit */
  readonly generation: number
  /** the registry's records to make active again at a rollback */
  readonly back: readonly RegistryMove[]
  /** why `setup` is told it is called */
  readonly reason: 'swap' | 'rollback'
  readonly watch: Watch
  /** goes as far as the decision, and decides against */
  readonly dryRun: boolean
  /** nobody meets: each participant flips at its own boundary */
  readonly alone: boolean
  readonly warmth?: Warmth | undefined
  /** nothing is brought: at the boundary the state is kept as it stands, to be saved */
  readonly save?: boolean
  /** units of the same groups that do not move */
  readonly mates?: readonly Mate[]
  /** how state goes back when probation fails; default 'auto' */
  readonly goBack?: RollbackState
  /** inputs are logged from the commit on */
  readonly log?: LogPlan | undefined
  /** when the swap has been committed, the calls since an earlier one are made again */
  readonly rewind?: RewindPlan | undefined
  /** somebody logs inputs: the numbers of calls never begin anew */
  readonly isNumbered?: boolean
}

/** What a participant had for itself at the boundary at which the state was kept. */
export interface SavedMessage {
  readonly type: 'saved'
  readonly slot: number
  /** of the order to prepare */
  readonly id: number
  readonly units: readonly { readonly unit: string; readonly private: OwnState }[]
}

/** Asks for what a rehearsal needs of a participant. */
export interface SampleMessage {
  readonly type: 'sample'
  readonly sample: number
  /** whose own columns and soft state are wanted */
  readonly units: readonly string[]
  /** whose calls of one tick are wanted */
  readonly calls: readonly string[]
}

export interface SampledMessage {
  readonly type: 'sampled'
  readonly slot: number
  readonly sample: number
  readonly units: readonly { readonly unit: string; readonly private: OwnState }[]
  readonly cues: readonly Cue[]
}

/** Tells participants that do not tick at the moment what became of a swap. */
export interface OutcomeMessage {
  readonly type: 'outcome'
  readonly id: number
  readonly outcome: 'discarded' | 'committed' | 'permanent' | 'rolled-back'
  /** rounds of the probation that had passed */
  readonly passed: number
  /** how state was restored: see Restore; the board's word of it may be the next swap's by then */
  readonly restore: number
}

export interface BootUnit {
  readonly unit: string
  readonly file: string
  readonly version: string
  readonly memory: UnitMemory
  /** its columns hold the state of an earlier run: it is not filled anew; `own` is what the participant had for itself */
  readonly resumed?: { readonly own: OwnState | undefined }
}

export interface BootMessage {
  readonly type: 'boot'
  readonly name: string
  readonly base: GraphUpdate
  readonly scripts: readonly ScriptVersion[]
  /** in the order of their requirements */
  readonly units: readonly BootUnit[]
  /** true for the participant that fills new state */
  readonly first: boolean
  readonly history: readonly HistoryEntry[]
  /** every tick is run twice */
  readonly syncTest?: SyncWish | undefined
}

/** Which units are looked at when ticks are run twice; all of them without `units`. */
export interface SyncWish {
  readonly units?: readonly string[]
}

/** One thing that happened to a unit. */
export interface HistoryEntry {
  readonly unit: string
  readonly version: string
  /** 16 hex digits */
  readonly hash: string
  /** epoch milliseconds */
  readonly at: number
  readonly outcome: 'boot' | Outcome
  /** id of the swap, 0 at boot */
  readonly swap: number
  /** codes of what was found wrong */
  readonly codes: readonly ErrorCode[]
}

export interface ReplyMessage {
  readonly type: 'reply'
  readonly request: number
  /** not the answer yet, which takes long */
  readonly progress?: unknown
  readonly value?: unknown
  readonly error?: Finding
}

export interface EventMessage {
  readonly type: 'event'
  readonly event: RuntimeEvent
  readonly payload: SwapReport | SwapProgress | Finding
  readonly history: readonly HistoryEntry[]
}

/** The runtime has been closed: nobody answers any more. */
export interface ClosedMessage {
  readonly type: 'closed'
}

export type RuntimeEvent = 'swap' | 'reject' | 'rollback' | 'permanent' | 'warning' | 'progress'

/** A combination of contents that failed and is not tried again by itself. */
export interface QuarantineEntry {
  readonly units: readonly {
    readonly unit: string
    readonly file: string
    /** 16 hex digits */
    readonly hash: string
    readonly version: string
  }[]
  readonly reason: string
  /** id of the swap */
  readonly swap: number
  /** epoch milliseconds */
  readonly at: number
}

/** Deadlines of one swap that differ from the runtime's, milliseconds: see `deadlines` of createRuntime. */
export interface SwapDeadlines {
  readonly queueMs?: number
  readonly stageMs?: number
  readonly checkMs?: number
  readonly prepareMs?: number
  readonly parkMs?: number
  readonly confirmMs?: number
}

/** How one swap is gone about. Structured-cloneable. */
export interface SwapTerms {
  readonly strategy?: Strategy
  readonly deadlines?: SwapDeadlines
  /** how often it is tried again when only a missing participant stopped it, 0 to 8; default 0 */
  readonly retries?: number
}

export type ToParticipant =
  | BootMessage
  | PrepareMessage
  | OutcomeMessage
  | SampleMessage
  | ReplyMessage
  | EventMessage
  | ClosedMessage

/** The slot that messages name when they come from or go to the observer, which is no participant. */
export const OBSERVER = -1

/** What an engine may ask of the control thread. */
export interface Requests {
  join: { name: string | undefined }
  joined: Record<string, never>
  leave: Record<string, never>
  use: { unit: string; range: string | undefined }
  swap: { units: readonly string[]; terms?: SwapTerms }
  rollback: { unit: string; to: string | undefined; state?: RollbackState; terms?: SwapTerms }
  /** takes back a request of the same participant */
  cancel: { request: number }
  /** id of a swap that waits for consent, or a unit of it */
  confirm: { swap: number | string }
  /** asks for the events of progress */
  listen: Record<string, never>
  /** a module's importers are to be evaluated again; `swap`: the last one that the participant has followed */
  invalidate: { id: string; swap: number }
  /** asks for the messages that were kept back */
  resume: Record<string, never>
  quarantine: Record<string, never>
  /** a unit, or the hash of one content */
  lift: { what: string }
  units: Record<string, never>
  /** answered with BackupStatus[] */
  backups: Record<string, never>
  /** the texts of a version that ran; answered with UnitSources */
  sources: { unit: string; version: string }
  /** the newest entries of the journal, oldest first; undefined without a store */
  journal: { unit: string | undefined; limit: number }
  /** answered with Vitals */
  vitals: Record<string, never>
  /** without units all participants meet, and the state is taken there; answered with whether they have */
  checkpoint: { units?: readonly CheckpointUnit[] }
  participants: Record<string, never>
  /** the observer passes on a command for the store, checked */
  storage: object
  /** the observer asks to hear every event; answered with what has happened so far */
  observe: Record<string, never>
  close: Record<string, never>
}
export type RequestName = keyof Requests

export interface RequestMessage<N extends RequestName = RequestName> {
  readonly type: 'request'
  readonly slot: number
  readonly request: number
  readonly name: N
  readonly body: Requests[N]
}

/** How participants name each other: who has which name, only the control thread knows. */
export const slotName = (slot: number): string => `slot ${slot}`

/** A participant found something wrong with the swap in progress, with itself or with the one that the finding names. */
export interface FailureMessage {
  readonly type: 'failure'
  readonly slot: number
  readonly id: number
  readonly finding: Finding
}

export type ToControl = RequestMessage | FailureMessage | SampledMessage | SavedMessage

/** What a joiner needs. Structured-cloneable, so that it travels as workerData. */
export interface Ticket {
  readonly tickswap: 1
  readonly id: string
  readonly board: SharedArrayBuffer
  readonly registry: SharedArrayBuffer
}

export const controlChannel = (id: string): string => `tickswap:${id}:control`
export const participantChannel = (id: string, slot: number): string => `tickswap:${id}:${slot}`
