import type { OwnPart } from '../state/memory.ts'
import { type Board, ParticipantState, SlotWord } from './board.ts'
import type { Call } from './guard.ts'
import { INPUT_WORDS, InputWord, Obstacle, type ObstacleCode } from './input-words.ts'
import { type KeptArguments, keepArguments } from './kept-arguments.ts'
import type { LogPlan } from './protocol.ts'

/** A call of the engine with its arguments as they were. */
export interface LoggedCall extends Call, KeptArguments {}

/** The inputs since one swap, and what this participant had for itself when it was committed. */
interface Stretch {
  readonly swap: number
  readonly units: ReadonlySet<string>
  readonly own: ReadonlyMap<string, OwnPart>
  /** this participant's tick at the swap */
  readonly tick: number
  readonly calls: LoggedCall[]
  bytes: number
  ms: number
}

/** What has come in since a swap. */
export interface Inputs {
  readonly calls: readonly LoggedCall[]
  readonly own: ReadonlyMap<string, OwnPart>
}

/**
 * The calls that the engine has made at the handles of deterministic units since the swaps whose backups are kept, in
 * one participant. Without a stretch it is off and nothing is written down; what does not fit makes it forget the
 * oldest stretch. Between two calls it does nothing.
 */
export class InputLog {
  readonly #board: Board
  readonly #slot: number
  readonly #isState: (buffer: ArrayBufferLike) => boolean
  readonly #stretches: Stretch[] = []
  #units: ReadonlySet<string> = new Set()
  #plan: LogPlan | undefined
  #isAside = false
  /** the last swap at whose commit this participant was there and opened a stretch */
  #newest = 0

  /** `isState`: whether a buffer holds columns. */
  constructor(board: Board, slot: number, isState: (buffer: ArrayBufferLike) => boolean) {
    this.#board = board
    this.#slot = slot
    this.#isState = isState
    this.#tellReach(Obstacle.JOINED)
  }

  /** Whether calls of the unit are to be written down. */
  wants(unit: string): boolean {
    return this.#units.has(unit) && !this.#isAside
  }

  /** Makes calls that have been written down before. */
  aside(act: () => void): void {
    this.#isAside = true
    try {
      act()
    } finally {
      this.#isAside = false
    }
  }

  /**
   * Before the first call of a participant that has come online. What it has missed of the logs cannot be made good when it
   * has gone again: calls of somebody who left no trace must not be taken for calls that nobody made.
   */
  comeOnline(): void {
    const { inputs } = this.#board
    const latest = Atomics.load(inputs, InputWord.LATEST)
    if (latest === this.#newest) return
    for (let seen = Atomics.load(inputs, InputWord.STRANGER); seen < latest; ) {
      const found = Atomics.compareExchange(inputs, InputWord.STRANGER, seen, latest)
      if (found === seen) return
      seen = found
    }
  }

  /** Begins a stretch at the commit of a swap. `own`: what this participant has for itself of each unit. */
  open(swap: number, plan: LogPlan, own: ReadonlyMap<string, OwnPart>): void {
    this.#plan = plan
    // Who learns of it afterwards was not there.
    if (this.#board.state(this.#slot) === ParticipantState.ONLINE) this.#newest = swap
    const units = new Set(plan.units)
    this.#stretches.push({ swap, units, own, tick: this.#tick, calls: [], bytes: 0, ms: 0 })
    while (this.#stretches.length > plan.stretches) this.#stretches.shift()
    this.#look()
  }

  /** The swap was taken back, and its state with it: nobody goes back to it any more. */
  drop(swap: number): void {
    const at = this.#stretches.findIndex((stretch) => stretch.swap === swap)
    if (at < 0) return
    const [gone] = this.#stretches.splice(at, 1)
    const before = this.#stretches[at - 1]
    if (before && gone) {
      before.calls.push(...gone.calls)
      before.bytes += gone.bytes
      before.ms += gone.ms
    }
    this.#look()
  }

  /** Writes a call down before it is made; undefined when that cannot be. */
  add({ unit, name, args, start }: Call): LoggedCall | undefined {
    const stretch = this.#stretches.at(-1)
    if (!stretch) return undefined
    const kept = keepArguments(args, this.#isState)
    if (!kept) {
      this.#close(Obstacle.ARGUMENTS)
      return undefined
    }
    const call: LoggedCall = { unit, name, start, end: 0, ...kept }
    stretch.calls.push(call)
    stretch.bytes += kept.bytes
    this.#fit()
    return call
  }

  /** The call is over, and took so long. */
  took(ms: number): void {
    const stretch = this.#stretches.at(-1)
    if (stretch) stretch.ms += ms
  }

  /** What has come in since a swap; undefined when the log does not reach back so far. */
  since(swap: number): Inputs | undefined {
    const at = this.#stretches.findIndex((stretch) => stretch.swap === swap)
    const from = this.#stretches[at]
    if (!from) return undefined
    const calls = this.#stretches.slice(at).flatMap((stretch) => stretch.calls)
    return { own: from.own, calls: calls.filter(({ unit }) => from.units.has(unit)) }
  }

  /** Forgets the oldest until the rest is within the limits. */
  #fit(): void {
    for (let over = this.#over(); over !== Obstacle.NONE; over = this.#over()) {
      this.#stretches.shift()
      if (this.#stretches.length === 0) return this.#close(over)
      this.#look()
    }
  }

  #over(): ObstacleCode {
    const { ticks, bytes, ms } = this.#plan!
    const [oldest] = this.#stretches
    const sum = (of: 'bytes' | 'ms') => this.#stretches.reduce((total, each) => total + each[of], 0)
    if (oldest && ((this.#tick - oldest.tick) | 0) > ticks) return Obstacle.TICKS
    if (sum('bytes') > bytes) return Obstacle.BYTES
    return sum('ms') > ms ? Obstacle.TIME : Obstacle.NONE
  }

  #close(why: ObstacleCode): void {
    this.#stretches.length = 0
    this.#look(why)
  }

  #look(why: ObstacleCode = Obstacle.JOINED): void {
    this.#units = new Set(this.#stretches.flatMap(({ units }) => [...units]))
    this.#tellReach(why)
  }

  /** Everybody can see how far back this participant's log reaches, or why it does not. */
  #tellReach(why: ObstacleCode): void {
    const reach = this.#stretches[0]?.swap ?? -why
    Atomics.store(this.#board.inputs, INPUT_WORDS + this.#slot, reach)
  }

  get #tick(): number {
    return this.#board.words[this.#board.at(this.#slot, SlotWord.TICK)]!
  }
}
