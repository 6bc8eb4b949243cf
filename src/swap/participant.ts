import { type Finding, TickswapError } from '../errors.ts'
import type { Registry } from '../registry/registry.ts'
import { Linker } from '../units/code/linker.ts'
import {
  type Board,
  Failure,
  Outcome,
  ParticipantState,
  Phase,
  Restore,
  SlotTime,
  SlotWord,
  Word,
} from './board.ts'
import { annotateUncaught } from './frames.ts'
import type { Call } from './guard.ts'
import { Leader } from './leader.ts'
import type { Loaded } from './load.ts'
import { type Order, Orders } from './orders.ts'
import { paced } from './pace.ts'
import { Probation } from './probation.ts'
import type { BootMessage, FailureMessage, OutcomeMessage, PrepareMessage } from './protocol.ts'
import { leadAlone, letPass, type Member, rendezvous } from './rendezvous.ts'
import { Repeats } from './repeats.ts'
import { announceReplay, forgetReplay, replay } from './replay.ts'
import { Scripts } from './scripts.ts'
import { blame, dispose, type Transition } from './transition.ts'
import { bootWorld, type LiveUnit, type World } from './world.ts'

const LOOK_EVERY_TICK = -1

/** How a participant reaches the control thread. */
export interface Wire {
  /** handles what has arrived without yielding to the event loop */
  receive(): void
  failure(message: Omit<FailureMessage, 'type' | 'slot'>): void
}

/**
 * Makes a tick function. A closure over constants: V8 folds them into the engine's loop,
 * which a method that reads them from its object cannot have. Plain accesses on purpose:
 * a stale read is a tick later, an atomic one ten times the cost.
 */
function ticker(words: Int32Array, tickWord: number, boundary: (explicit: boolean) => number) {
  // V8 folds a local constant; a property of Word costs a load in every turn of the loop.
  const attention = Word.ATTENTION
  let seen = LOOK_EVERY_TICK
  return (frame?: number): void => {
    words[tickWord] = frame === undefined ? words[tickWord]! + 1 : frame
    if (words[attention] !== seen) seen = boundary(frame !== undefined)
  }
}

/** A thread that runs units and calls tick(). */
export class Participant implements Member {
  readonly board: Board
  readonly slot: number
  readonly world: World = { linker: new Linker(), units: new Map() }
  /** A tick boundary. When nothing changes: one plain write, one plain read of shared memory. */
  readonly tick: (frame?: number) => void
  readonly #leader: Leader
  readonly #registry: Registry
  readonly #wire: Wire
  readonly #words: Int32Array
  readonly #tickWord: number
  readonly #probation: Probation
  readonly #scripts = new Scripts(this.world)
  readonly #stopAnnotating = annotateUncaught()
  readonly #orders: Orders
  #transition: Transition | undefined
  #setUp = false
  /** what the rendezvous at hand is for */
  #meeting: 'commit' | 'inspection' = 'commit'
  /** rounds of the probation that had passed when this participant's own state was last kept */
  #keptAt = 0
  readonly #repeats: Repeats
  #booted = false
  #left = false
  #explicit = false
  #entered = 0

  constructor(board: Board, slot: number, registry: Registry, wire: Wire) {
    this.board = board
    this.slot = slot
    this.#registry = registry
    this.#wire = wire
    this.#leader = new Leader(board, slot, registry, this.world, {
      report: (transition, found) => this.#report(transition, found),
      fail: (verdict) => this.#probation.fail(verdict),
      time: (which, ms) => this.#time(which, ms),
    })
    this.#words = board.words
    this.#tickWord = board.at(slot, SlotWord.TICK)
    const tick = ticker(this.#words, this.#tickWord, (explicit) => this.#boundary(explicit))
    this.tick = board.pace.length > 0 ? paced(tick, board.pace, slot) : tick
    this.#repeats = new Repeats(
      (name) => this.world.units.get(name),
      (live) => this.surface(live),
      (message) => wire.failure(message),
    )
    this.#orders = new Orders(this.world, {
      begin: (message) => this.#beginLoading(message),
      loaded: (message, loaded, ms) => this.#loaded(message, loaded, ms),
      obey: (message) => this.#obey(message),
      isResting: () => board.state(slot) === ParticipantState.PAUSED,
    })
    this.#probation = new Probation(board, this.world, {
      transition: () => this.#transition,
      report: (transition, found) => this.#report(transition, found),
      answer: (call) => this.#answerNow(call),
    })
  }

  /** Ticks so far, or the engine's last frame number. */
  get ticks(): number {
    return this.#words[this.#tickWord]!
  }

  /** Loads what runs at the moment, before the first tick. */
  async boot(message: BootMessage): Promise<void> {
    this.#scripts.add(message.scripts)
    await bootWorld(this.world, message, this.slot)
    this.#booted = true
    this.#orders.carryOut()
  }

  /** @throws TickswapError UNIT_UNKNOWN */
  unit(name: string): LiveUnit {
    const live = this.world.units.get(name)
    if (live) return live
    const known = [...this.world.units.keys()].sort().join(', ') || 'none'
    throw new TickswapError('TICKSWAP_E_UNIT_UNKNOWN', `there is no unit ${name}; there are: ${known}`)
  }

  /** What the engine sees of a unit: its exports, watched while a version is in probation. */
  surface(live: LiveUnit): object {
    return this.#transition?.committed ? this.#probation.surface(live) : live.namespace
  }

  /** Takes an order of the control thread; carried out at the next boundary, or now when not ticking. */
  order(order: Order): void {
    this.#orders.push(order)
    if (this.#booted && this.board.state(this.slot) === ParticipantState.PAUSED) this.#orders.carryOut()
  }

  /** Is not waited for until the next tick(). */
  pause(): void {
    if (this.#left) return
    this.#registry.leave(this.slot)
    this.board.store(this.board.at(this.slot, SlotWord.STATE), ParticipantState.PAUSED)
    // Its own next tick() must look.
    this.board.attend()
    this.board.wake()
    this.board.ring()
  }

  /** Disposes of every unit that was set up. */
  leave(): Finding[] {
    if (this.#left) return []
    this.#left = true
    // Before the slot is free for others.
    this.#registry.leave(this.slot)
    this.board.store(this.board.at(this.slot, SlotWord.STATE), ParticipantState.DEAD)
    this.board.wake()
    this.board.ring()
    this.#scripts.close()
    this.#stopAnnotating()
    const units = [...this.world.units.values()]
    const warnings = this.#booted ? units.flatMap(dispose) : []
    for (const { state } of units) state.release()
    return warnings
  }

  // ---- the boundary -------------------------------------------------------------

  /** @returns the value of ATTENTION up to which nothing more is to be done */
  #boundary(explicit: boolean): number {
    const { board } = this
    if (this.#left) return LOOK_EVERY_TICK
    this.#entered = performance.now()
    const attention = board.load(Word.ATTENTION)
    this.#explicit = explicit
    this.#wire.receive()
    // A listener may have closed the runtime.
    if (this.#left) return LOOK_EVERY_TICK
    this.#orders.carryOut()
    if (board.state(this.slot) !== ParticipantState.ONLINE) this.#goOnline()
    this.#align()
    this.#meet()
    this.#follow()
    this.#repeats.makeUp()
    // A new generation goes live at boundaries that all of them look at: idle ticks need not say that they passed.
    if (!this.#left) this.#registry.tick(this.slot)
    // With a candidate in hand it looks at every tick: the control thread counts on that (Barrier).
    const quiet = board.load(Word.PHASE) === Phase.IDLE && !this.#transition
    return quiet ? attention : LOOK_EVERY_TICK
  }

  /** From here on the others wait for this participant at a rendezvous. */
  #goOnline(): void {
    const { board, slot } = this
    if (board.load(Word.CLOSED)) return
    const others = board.inState(ParticipantState.ONLINE).map((other) => board.tick(other))
    if (!this.#explicit) this.#setTick(Math.max(this.ticks, board.load(Word.ROUND_TICK), ...others))
    forgetReplay(board, slot)
    this.#registry.enter(slot)
    board.store(board.at(slot, SlotWord.STATE), ParticipantState.ONLINE)
    // From here on no round passes without this participant.
    letPass(board, slot, () => board.swap(Word.OUTCOME, Outcome.PENDING, Outcome.STRAGGLER))
    // Orders sent before it was seen online may concern a boundary that has passed meanwhile.
    this.#wire.receive()
    if (this.#left) return
    this.#orders.carryOut()
    const transition = this.#transition
    const isWatched = transition?.committed && transition.id === board.load(Word.TRANSITION)
    if (isWatched && board.load(Word.PHASE) === Phase.PROBATION)
      this.#catchUp(board.load(Word.PROBATION_PASSED))
    board.ring()
  }

  /** Takes over the control thread's correction of a tick count that is off against the others'. */
  #align(): void {
    const { board, slot } = this
    // Also the full barrier between the store of the tick and the load of the order: see Barrier.meet.
    const adjust = Atomics.exchange(board.words, board.at(slot, SlotWord.ADJUST), 0)
    if (adjust && !this.#explicit) this.#setTick(this.ticks + adjust)
  }

  #setTick(tick: number): void {
    this.board.store(this.#tickWord, tick)
  }

  /** Takes part in the rendezvous that is due, if one is. */
  #meet(): void {
    const { board, slot } = this
    const transition = this.#transition
    if (transition?.id !== board.load(Word.TRANSITION)) return
    const phase = board.load(Word.PHASE)
    if (phase === Phase.PARKING && this.ticks >= board.load(Word.TARGET_TICK)) {
      this.#meeting = 'commit'
      const park = rendezvous(board, slot, this, board.load(Word.PARK_DEADLINE_MS))
      this.#time(SlotTime.PARK, park)
    } else if (phase === Phase.PROBATION && this.ticks > board.load(Word.ROUND_TICK)) {
      // A participant that came online after the commit flips before it meets the others.
      if (!transition.committed) this.#follow()
      this.#meeting = 'inspection'
      this.#probation.endTick(transition)
      announceReplay(board, slot, this.#probation.calls)
      rendezvous(board, slot, this, board.load(Word.PROBATION_DEADLINE_MS))
    } else return
    // Participants that count their own ticks agree on the number from here on.
    if (!this.#explicit) this.#setTick(Math.max(this.ticks, board.load(Word.ROUND_TICK)))
  }

  /** Carries out what was decided, once. */
  #follow(): void {
    const { board } = this
    const transition = this.#transition
    if (transition?.id !== board.load(Word.TRANSITION)) return
    // A leader is still at work, and this participant's tick is before the target.
    if (board.load(Word.PHASE) === Phase.PARKING) return
    switch (board.load(Word.OUTCOME)) {
      case Outcome.COMMITTED:
        this.#comeAlong(transition, board.load(Word.PROBATION_PASSED))
        break
      case Outcome.PERMANENT:
        this.#commit(transition)
        this.#settle(transition)
        break
      case Outcome.ROLLED_BACK:
        this.#replay(transition, this.#goBack(transition, board.load(Word.PROBATION_PASSED)))
        break
    }
  }

  /** Commits, and keeps its own state whenever the shared state has been kept: at the commit and at every round. */
  #comeAlong(transition: Transition, passed: number): void {
    const isNews = !transition.committed
    this.#commit(transition)
    if (isNews) this.#keepOwn(passed)
    else this.#catchUp(passed)
  }

  #commit(transition: Transition): void {
    if (!transition.committed) {
      const from = performance.now()
      // One that came online when the others had voted has its own state still to move.
      const found = transition.migrated ? undefined : transition.migrateOwn()
      if (found) this.#report(transition, found)
      transition.flip()
      this.#time(SlotTime.COMMIT, performance.now() - from)
    }
    if (this.#setUp) return
    this.#setUp = true
    this.#probation.begin()
    const found = transition.setup({ reason: transition.message.reason, participant: this.slot })
    if (found) this.#probation.fail({ failure: Failure.SETUP, finding: found })
    this.#time(SlotTime.TICK, this.ticks)
    this.#time(SlotTime.LIVE_AT, performance.timeOrigin + performance.now())
    this.#time(SlotTime.STALL, performance.now() - this.#entered)
    this.#followed(transition)
  }

  #settle(transition: Transition): void {
    for (const warning of transition.settle()) this.#report(transition, warning)
    this.#forget(transition)
  }

  /**
   * Puts back what ran before.
   * @param passed rounds of the probation that had passed when it was given up
   * @returns the calls that are undone by it
   */
  #goBack(transition: Transition, passed: number): readonly Call[] {
    if (!transition.committed) {
      transition.discard()
      this.#forget(transition)
      return []
    }
    const from = performance.now()
    const { board } = this
    this.#catchUp(passed)
    const undone = [...this.#probation.calls]
    const restore = board.load(Word.RESTORE)
    const moving = new Set(transition.message.moves.map((move) => move.unit))
    for (const live of this.world.units.values()) if (!moving.has(live.name)) live.state.restoreOwn()
    transition.restoreOwn(restore === Restore.DOWN)
    for (const warning of transition.revert()) this.#report(transition, warning)
    this.#time(SlotTime.ROLLBACK, performance.now() - from)
    this.#forget(transition)
    return undone
  }

  #replay(transition: Transition, calls: readonly Call[]): void {
    replay(this.board, this.slot, calls, (call) => this.#repeats.run(transition.id, call))
    this.#time(SlotTime.STALL, performance.now() - this.#entered)
  }

  #forget(transition: Transition): void {
    this.#transition = undefined
    this.#probation.end()
    this.#followed(transition)
  }

  #followed(transition: Transition): void {
    this.board.store(this.board.at(this.slot, SlotWord.FOLLOWED), transition.id)
    this.board.ring()
  }

  // ---- orders of the control thread ---------------------------------------------

  #beginLoading(message: PrepareMessage): void {
    const { board, slot } = this
    board.times.fill(0, board.timeAt(slot, 0), board.timeAt(slot + 1, 0))
    this.#scripts.add(message.scripts)
  }

  #loaded({ id, moves }: PrepareMessage, loaded: Loaded, ms: number): void {
    const { board, slot } = this
    this.#time(SlotTime.PREPARE, ms)
    if ('transition' in loaded) {
      this.#transition = loaded.transition
      this.#setUp = false
    } else {
      const { error } = loaded
      const { unit, file } = moves[0] ?? { unit: '', file: '' }
      const code = error instanceof TickswapError ? error.code : 'TICKSWAP_E_PREPARE'
      this.#wire.failure({ id, finding: blame(code, error, { unit, file }, `loading ${unit}`) })
    }
    board.store(board.at(slot, SlotWord.PREPARED), 'transition' in loaded ? id : -id)
    board.ring()
  }

  /** The outcome of a swap, for a participant that was not at the boundary where it was decided. */
  #obey({ id, outcome, passed }: OutcomeMessage): void {
    const transition = this.#transition
    if (transition?.id !== id) return
    if (outcome === 'discarded') {
      transition.discard()
      this.#forget(transition)
    } else if (outcome === 'rolled-back') {
      this.#repeats.owe(transition.id, this.#goBack(transition, passed))
    } else {
      if (!transition.committed) this.#comeAlong(transition, passed)
      if (outcome === 'permanent') this.#settle(transition)
    }
  }

  // ---- one round of a rendezvous ------------------------------------------------

  lead(): void {
    const transition = this.#transition!
    if (this.#meeting === 'commit') this.#leader.commit(transition)
    else this.#leader.inspect(transition)
  }

  takeOver(): void {
    const transition = this.#transition!
    if (this.#meeting === 'commit') this.#leader.inheritCommit(transition)
    else this.#leader.inspect(transition)
  }

  isCalledOff(): boolean {
    return this.#meeting === 'commit' && this.board.load(Word.OUTCOME) === Outcome.STRAGGLER
  }

  assist(): void {
    const { board, slot } = this
    const transition = this.#transition!
    const vote = board.at(slot, SlotWord.VOTE)
    if (Math.abs(board.load(vote)) === transition.id) return
    const found = transition.migrate(false)
    if (found) this.#report(transition, found)
    board.store(vote, found ? -transition.id : transition.id)
    board.wake()
  }

  giveUp(missing: readonly number[]): boolean {
    const { board } = this
    if (this.#meeting === 'commit') {
      board.swap(Word.OUTCOME, Outcome.PENDING, Outcome.STRAGGLER)
      board.store(Word.PHASE, Phase.IDLE)
      return false
    }
    // In probation the others go back without the straggler, which follows when it comes.
    board.swap(Word.FAILURE, Failure.NONE, Failure.STRAGGLER)
    for (const slot of missing)
      board.swap(board.at(slot, SlotWord.STATE), ParticipantState.ONLINE, ParticipantState.PAUSED)
    return true
  }

  #keepOwn(passed: number): void {
    this.#keptAt = passed
    this.#probation.nextTick()
    for (const { state } of this.world.units.values()) state.keepOwn()
  }

  /**
   * Rounds that passed while this participant was paused have made what it did before part of
   * the last good state: its own state belongs to that, and its calls are not to be replayed.
   */
  #catchUp(passed: number): void {
    if (passed !== this.#keptAt) this.#keepOwn(passed)
  }

  /**
   * A call failed and nobody else ticks: back now, and the engine's call is answered by the
   * old version. Otherwise the others must reach their boundary first.
   */
  #answerNow(call: Call): unknown {
    const { board, slot } = this
    const transition = this.#transition!
    const isOpen = board.load(Word.PHASE) === Phase.PROBATION && board.load(Word.TRANSITION) === transition.id
    if (!isOpen) return undefined
    this.#entered = performance.now()
    if (!leadAlone(board, slot, () => this.#leader.rollback(transition))) return undefined
    const undone = this.#goBack(transition, board.load(Word.PROBATION_PASSED))
    this.#replay(
      transition,
      undone.filter((other) => other !== call),
    )
    const old = this.world.units.get(call.unit)?.namespace as Record<string, (...args: unknown[]) => unknown>
    return old?.[call.name]?.(...call.args)
  }

  #report(transition: Transition, found: Finding): void {
    this.#wire.failure({ id: transition.id, finding: found })
  }

  #time(which: number, ms: number): void {
    this.board.times[this.board.timeAt(this.slot, which)] = ms
  }
}
