import type { Finding } from '../errors.ts'
import { type Board, Instant, Restore, SlotTime, Word } from '../swap/board.ts'
import type { ParticipantReport, Phase, PhaseTimes, RehearsedUnit, SwapReport } from '../swap/report.ts'
import type { Artifact } from '../units/code/artifact.ts'
import { Attempts } from './again.ts'
import type { Crew } from './crew.ts'
import { locate } from './locate.ts'
import type { Sources } from './sources.ts'

/** Phases whose times the participants write to the board. */
const BOUNDARY = ['park', 'backup', 'migrate', 'verify', 'commit'] as const
const BY_PARTICIPANT = ['prepare', ...BOUNDARY, 'rollback'] as const

type Given = Pick<
  SwapReport,
  'id' | 'trigger' | 'by' | 'files' | 'at' | 'units' | 'verdict' | 'actions' | 'outcome' | 'strategy'
>

/** Errors first; otherwise as they came. */
const WEIGHTS = { error: 0, warning: 1, info: 2 } as const
const byWeight = (a: Finding, b: Finding): number => WEIGHTS[a.severity] - WEIGHTS[b.severity]

/** Keeps the times and findings of one swap, and makes its report. */
export class Account {
  readonly phases: PhaseTimes = {}
  /** epoch milliseconds */
  preparedAt: number | undefined
  orderedAt: number | undefined
  superseded = false
  /** how state went back with a rollback by hand */
  restored: SwapReport['restored']
  rehearsed: readonly RehearsedUnit[] | undefined
  readonly attempts = new Attempts()
  readonly #findings: Finding[] = []
  readonly #board: Board
  readonly #crew: Crew
  readonly #sources: Sources
  /** the modules of the candidate, once there are any */
  artifacts: readonly Artifact[] = []

  constructor(board: Board, crew: Crew, sources: Sources) {
    this.#board = board
    this.#crew = crew
    this.#sources = sources
  }

  add(...findings: readonly Finding[]): void {
    this.#findings.push(...findings.map((found) => this.#sources.framed(locate(found), this.artifacts)))
  }

  /** Adds the time that `act` takes to a phase, be it that it throws. */
  async timed<T>(phase: Phase, act: () => Promise<T>): Promise<T> {
    const from = performance.now()
    try {
      return await act()
    } finally {
      this.phases[phase] = (this.phases[phase] ?? 0) + performance.now() - from
    }
  }

  /** The largest of the participants' times. */
  slowest(which: number): number {
    return Math.max(0, ...this.#crew.online().map((slot) => this.#time(slot, which)))
  }

  report(swap: Given): SwapReport {
    const wasLive = ['committed', 'permanent', 'rolled-back'].includes(swap.outcome)
    const wasThere = wasLive || swap.outcome === 'dry-run'
    const wentBack = swap.outcome === 'rolled-back'
    const participants = wasThere ? this.#crew.online().map((slot) => this.#participant(slot, wentBack)) : []
    if (wasThere)
      for (const phase of BOUNDARY)
        this.phases[phase] = Math.max(0, ...participants.map(({ phases }) => phases[phase] ?? 0))
    const liveAt = this.slowest(SlotTime.LIVE_AT)
    return {
      ...swap,
      phases: { ...this.phases },
      participants,
      findings: [...this.#findings].sort(byWeight),
      ...(this.rehearsed && { rehearsed: this.rehearsed }),
      ...(this.attempts.list.length > 0 && { retried: this.attempts.list }),
      ...(this.preparedAt !== undefined && { preparedAt: this.preparedAt }),
      ...(this.orderedAt !== undefined && { orderedAt: this.orderedAt }),
      ...(wasLive && { liveMs: liveAt - swap.at, liveAt }),
      ...(participants.length > 1 && { slowest: slowestOf(participants) }),
      stallMs: Math.max(0, ...participants.map(({ stallMs }) => stallMs)),
      at: Math.round(swap.at),
      ...(this.superseded && { superseded: true }),
      ...(wasLive && this.restored && { restored: this.restored }),
      ...(wentBack && { rolledBack: this.#rolledBack(), restored: this.#restored() }),
    }
  }

  #rolledBack(): NonNullable<SwapReport['rolledBack']> {
    const actedAt = this.#board.instantAt(Instant.ACTED)
    const found = this.#board.instantAt(Instant.FAILED)
    // A straggler is no event: it is found when the others act.
    const failedAt = found < this.#board.instantAt(Instant.COMMITTED) ? actedAt : found
    return { failedAt, actedAt, liveAt: Math.max(actedAt, this.slowest(SlotTime.BACK_AT)) }
  }

  #restored(): NonNullable<SwapReport['restored']> {
    const restore = this.#board.load(Word.RESTORE)
    if (restore === Restore.NONE) return { how: 'none', ticksLost: 0 }
    if (restore === Restore.BACKUP)
      return { how: 'backup', ticksLost: this.#board.load(Word.PROBATION_PASSED) }
    // With the tick that failed.
    if (restore === Restore.REPLAY)
      return { how: 'replay', ticksLost: 0, ticksReplayed: this.#board.load(Word.PROBATION_PASSED) + 1 }
    return { how: restore === Restore.DOWN ? 'down' : 'last-good', ticksLost: 0 }
  }

  #participant(slot: number, wentBack: boolean): ParticipantReport {
    const time = (which: number) => this.#time(slot, which)
    const phases: PhaseTimes = {
      prepare: time(SlotTime.PREPARE),
      park: time(SlotTime.PARK),
      backup: time(SlotTime.BACKUP),
      migrate: time(SlotTime.MIGRATE),
      verify: time(SlotTime.VERIFY),
      commit: time(SlotTime.COMMIT),
      ...(wentBack && { rollback: time(SlotTime.ROLLBACK) }),
    }
    const participant = this.#crew.name(slot)
    const wasWarmed = time(SlotTime.WARM) > 0
    return {
      participant,
      phases,
      warmMs: time(SlotTime.WARM),
      worstWarmMs: time(SlotTime.WORST_WARM),
      ...(wasWarmed && { spareMs: time(SlotTime.SPARE), warmSliceMs: time(SlotTime.WARM_SLICE) }),
      stallMs: time(SlotTime.STALL),
      tick: time(SlotTime.TICK),
    }
  }

  #time(slot: number, which: number): number {
    return this.#board.times[this.#board.timeAt(slot, which)]!
  }
}

function slowestOf(participants: readonly ParticipantReport[]): Partial<Record<Phase, string>> {
  const slowest: Partial<Record<Phase, string>> = {}
  for (const phase of BY_PARTICIPANT) {
    const [worst] = [...participants].sort((a, b) => (b.phases[phase] ?? 0) - (a.phases[phase] ?? 0))
    if (worst && (worst.phases[phase] ?? 0) > 0) slowest[phase] = worst.participant
  }
  return slowest
}
