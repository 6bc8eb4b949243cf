import type { Finding } from '../errors.ts'
import { type Board, Failure, Word } from './board.ts'
import { ofVersion, versionsIn } from './frames.ts'
import { type Call, Guard, type Judge } from './guard.ts'
import { Budget, type Verdict } from './inspect.ts'
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
  readonly #board: Board
  readonly #world: World
  readonly #ward: Ward
  readonly #guard: Guard
  #surfaces = new WeakMap<LiveUnit, object>()
  #budget = new Budget(0)

  constructor(board: Board, world: World, ward: Ward) {
    this.#board = board
    this.#world = world
    this.#ward = ward
    this.#guard = new Guard(board, this)
  }

  begin(): void {
    this.#guard.begin()
    this.#surfaces = new WeakMap()
    this.#budget = new Budget(this.#board.load(Word.BUDGET_US) / 1000)
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

  /** Judges the time that the tick took. */
  endTick(transition: Transition): void {
    const verdict = this.#budget.judge(this.#guard, transition)
    if (verdict) this.fail(verdict)
  }

  nextTick(): void {
    this.#guard.nextTick()
  }

  end(): void {
    this.#guard.end()
  }

  /** The first failure decides; it is carried out at the next boundary. */
  fail(verdict: Verdict): void {
    const transition = this.#ward.transition()
    if (!transition) return
    // A participant that was paused may still be at a swap that the others have long settled.
    const isLate = transition.id !== this.#board.load(Word.TRANSITION)
    if (isLate || this.#board.swap(Word.FAILURE, Failure.NONE, verdict.failure))
      this.#ward.report(transition, verdict.finding)
  }

  blames(unit: string, error: unknown): boolean {
    const transition = this.#ward.transition()
    if (!transition) return false
    if (transition.message.moves.some((move) => move.unit === unit)) return true
    const versions = versionsIn(error)
    if (versions) return versions.some(({ id, isRunning }) => isRunning && transition.files.has(id))
    const stack = error instanceof Error ? (error.stack ?? '') : ''
    return [...transition.files].some((file) => stack.includes(file))
  }

  failed(call: Call, error: unknown): unknown {
    const live = this.#world.units.get(call.unit)!
    const what = `${live.name} ${live.version} threw in ${call.name}()${ofVersion(error)}`
    const about = { unit: live.name, file: live.file }
    const found = blame('TICKSWAP_E_PROBATION_EXCEPTION', error, about, what)
    this.fail({ failure: Failure.EXCEPTION, finding: found })
    return this.#ward.answer(call)
  }
}
