import type { Finding } from '../errors.ts'
import { type Board, Failure, Instant, Status, Word } from './board.ts'
import { ofVersion, versionsIn } from './frames.ts'
import { type Call, Guard, type Judge } from './guard.ts'
import type { InputLog } from './input-log.ts'
import { type HealthCheck, inspectHealth, type Verdict } from './inspect.ts'
import { type Baseline, Limits, Measure } from './limits.ts'
import { watchRejections } from './rejections.ts'
import { blame, type Transition } from './transition.ts'
import type { LiveUnit, World } from './world.ts'

/** What probation needs of its participant. */
export interface Ward {
  transition(): Transition | undefined
  report(transition: Transition, found: Finding): void
  /** what the engine gets from a call that failed */
  answer(call: Call): unknown
}

/** One participant's watch over a version in its first ticks. */
export class Probation implements Judge {
  /** what the engine wants to be asked at the end of every tick */
  readonly checks = new Set<HealthCheck>()
  readonly #board: Board
  readonly #world: World
  readonly #ward: Ward
  readonly #guard: Guard
  #surfaces = new WeakMap<LiveUnit, object>()
  #measure: Measure | undefined
  #baseline: Baseline = new Map()
  #limits: Limits | undefined
  #unwatch: (() => void) | undefined
  /** the swap in probation, and its units */
  #id = 0
  #moving: ReadonlySet<string> = new Set()

  constructor(board: Board, slot: number, world: World, log: InputLog, ward: Ward) {
    this.#board = board
    this.#world = world
    this.#ward = ward
    this.#guard = new Guard(board, slot, log, this)
  }

  /** Times the running version for `ticks`, to compare the next one with. */
  measure(ticks: number): void {
    this.isRecording = false
    this.#measure = new Measure(ticks)
    this.#guard.begin('time')
  }

  /** @returns true when the running version has been timed long enough */
  measured(): boolean {
    if (!this.#measure) return true
    const isDone = this.#measure.add(this.#guard.spent)
    this.#guard.nextTick()
    this.#baseline = this.#measure.baseline
    if (isDone) this.#measure = undefined
    return isDone
  }

  get isMeasuring(): boolean {
    return this.#measure !== undefined
  }

  /**
   * Keeps the engine's calls of the tick to come, and holds nothing against them. false: it is at work.
   * @param copied with copies of their arguments, as they are when the call is made
   */
  record(copied = false): boolean {
    if (this.#measure || this.#ward.transition()?.committed) return false
    this.#guard.begin('watch', copied)
    this.isRecording = true
    return true
  }

  /** the calls since the last boundary are kept, and nothing else is done with them */
  isRecording = false

  stop(): void {
    this.isRecording = false
    this.#guard.end()
  }

  begin(transition: Transition): void {
    this.isRecording = false
    this.#measure = undefined
    this.#guard.begin('watch')
    this.#surfaces = new WeakMap()
    const { watch, moves } = transition.message
    this.#limits = new Limits(watch, moves, this.#baseline)
    this.#id = transition.id
    this.#moving = new Set(moves.map(({ unit }) => unit))
    this.#unwatch ??= watchRejections((error) => this.#escaped(error))
  }

  /** The engine's calls of the tick. */
  get calls(): readonly Call[] {
    return this.#guard.calls
  }

  /** A unit's exports, watched. */
  surface(live: LiveUnit): object {
    const known = this.#surfaces.get(live)
    if (known) return known
    const watched = this.#guard.watch(live.name, live.namespace)
    this.#surfaces.set(live, watched)
    return watched
  }

  /** Does something with units that is no call of the engine. */
  aside<T>(act: () => T): T {
    return this.#guard.aside(act)
  }

  /** Judges the tick that just ended in this participant. */
  endTick(transition: Transition): void {
    if (this.#board.load(Word.FAILURE) !== Failure.NONE) return
    const verdict = this.#limits?.judge(this.#guard) ?? inspectHealth(this.#world, transition, this.checks)
    if (verdict) this.fail(verdict)
  }

  nextTick(): void {
    this.#guard.nextTick()
  }

  end(): void {
    this.isRecording = false
    this.#guard.end()
    this.#measure = undefined
    this.#baseline = new Map()
    this.#moving = new Set()
    this.#unwatch?.()
    this.#unwatch = undefined
  }

  /** The first failure decides; it is carried out at the next boundary. */
  fail(verdict: Verdict): void {
    const transition = this.#ward.transition()
    if (!transition) return
    // A participant that was paused may still be at a swap that the others have long settled.
    const isLate = this.#board.status(transition.id) !== Status.COMMITTED
    if (!isLate && !this.#board.swap(Word.FAILURE, Failure.NONE, verdict.failure)) return
    if (!isLate) this.#board.setInstant(Instant.FAILED, this.#board.instant())
    this.#ward.report(transition, verdict.finding)
  }

  owner(unit: string): number {
    return this.#moving.has(unit) ? this.#id : 0
  }

  blames(unit: string, error: unknown): boolean {
    return this.owner(unit) !== 0 || this.#passedThrough(error)
  }

  /** Whether an error passed through the files of the swap. */
  #passedThrough(error: unknown): boolean {
    const transition = this.#ward.transition()
    if (!transition) return false
    const versions = versionsIn(error)
    if (versions) return versions.some(({ id, isRunning }) => isRunning && transition.files.has(id))
    const stack = error instanceof Error ? (error.stack ?? '') : ''
    return [...transition.files].some((file) => stack.includes(file))
  }

  failed(call: Call, error: unknown): unknown {
    // Where nobody meets, it may have become permanent since this tick began: what it throws is the engine's from then on.
    const transition = this.#ward.transition()
    const isOver = () => transition && this.#board.status(transition.id) === Status.PERMANENT
    if (isOver()) throw error
    this.#blame(call.unit, error, `threw in ${call.name}()`)
    const answer = this.#ward.answer(call)
    // Or it has become so in this very moment, and nobody goes back.
    if (isOver()) throw error
    return answer
  }

  rejected(call: Call, error: unknown): void {
    if (this.owner(call.unit)) this.#blame(call.unit, error, `rejected the promise of ${call.name}()`)
  }

  /** A rejection that nobody handles. @returns true when it is this version's */
  #escaped(error: unknown): boolean {
    const unit = this.#ward.transition()?.message.moves[0]?.unit
    if (unit === undefined || !this.#passedThrough(error)) return false
    this.#blame(unit, error, 'rejected a promise that nobody handles')
    return true
  }

  #blame(unit: string, error: unknown, how: string): void {
    const live = this.#world.units.get(unit)!
    const what = `${live.name} ${live.version} ${how}${ofVersion(error)}`
    const about = { unit: live.name, file: live.file }
    const found = blame('TICKSWAP_E_PROBATION_EXCEPTION', error, about, what)
    this.fail({ failure: Failure.EXCEPTION, finding: found })
  }
}
