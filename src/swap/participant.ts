import { type Finding, TickswapError } from '../errors.ts'
import type { Registry } from '../registry/registry.ts'
import { Linker } from '../units/code/linker.ts'
import { type Board, later, ParticipantState, reached, SlotTime, SlotWord, Status, Word } from './board.ts'
import { annotateStacks, annotateUncaught } from './frames.ts'
import { InHand } from './in-hand.ts'
import { InputLog } from './input-log.ts'
import type { HealthCheck } from './inspect.ts'
import { Leader } from './leader.ts'
import { Meeting } from './meeting.ts'
import { type Order, Orders } from './orders.ts'
import { paced } from './pace.ts'
import { Probation } from './probation.ts'
import type {
  BootMessage,
  FailureMessage,
  PrepareMessage,
  Requests,
  SampledMessage,
  SampleMessage,
  SavedMessage,
  SyncWish,
} from './protocol.ts'
import { leadAlone, letPass, rendezvous } from './rendezvous.ts'
import { Repeats } from './repeats.ts'
import { announceReplay, forgetReplay } from './replay.ts'
import { Rewind } from './rewind.ts'
import { Sampler } from './sampler.ts'
import { Scripts } from './scripts.ts'
import { SyncTest } from './sync-test.ts'
import { dispose } from './transition.ts'
import { bootWorld, type LiveUnit, type World } from './world.ts'

const LOOK_EVERY_TICK = -1
/** How far a participant's frame can be behind the others' when it comes online. */
const FRAME_SPREAD = 4
/** How often a participant looks for messages that it has asked for. */
const RESUME_SLICE_MS = 2

/** How a participant reaches the control thread. */
export interface Wire {
  /** handles what has arrived without yielding to the event loop */
  receive(): void
  failure(message: Omit<FailureMessage, 'type' | 'slot'>): void
  invalidated(body: Requests['invalidate']): void
  sampled(message: SampledMessage): void
  saved(message: SavedMessage): void
  /** asks for the messages that were kept back while this participant rested */
  resume(): void
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
export class Participant {
  readonly board: Board
  readonly slot: number
  readonly world: World = { linker: new Linker({ onInvalidate: () => this.passOn() }), units: new Map() }
  /**
   * A tick boundary. When nothing changes: one plain write, one plain read of shared memory.
   * @throws TickswapError LEFT_BEHIND when the others run a version that this participant cannot load
   */
  readonly tick: (frame?: number) => void
  /** when the boundary at hand was entered */
  entered = 0
  readonly probation: Probation
  readonly repeats: Repeats
  readonly log: InputLog
  readonly rewind: Rewind
  readonly #hand: InHand
  readonly #meeting: Meeting
  readonly #leader: Leader
  readonly #registry: Registry
  readonly #wire: Wire
  readonly #words: Int32Array
  readonly #tickWord: number
  readonly #scripts = new Scripts(this.world)
  readonly #stopAnnotating = annotateUncaught()
  readonly #orders: Orders
  readonly #sampler: Sampler
  #booted = false
  #left = false
  #explicit = false

  constructor(board: Board, slot: number, registry: Registry, wire: Wire) {
    this.board = board
    this.slot = slot
    this.#registry = registry
    this.#wire = wire
    this.#words = board.words
    this.#tickWord = board.at(slot, SlotWord.TICK)
    const tick = ticker(this.#words, this.#tickWord, (explicit) => this.#boundary(explicit))
    this.tick = board.pace.length > 0 ? paced(tick, board.pace, slot) : tick
    this.repeats = new Repeats(
      (name) => this.world.units.get(name),
      (live) => this.surface(live),
      (message) => wire.failure(message),
    )
    const { units } = this.world
    this.log = new InputLog(board, slot, (buffer) =>
      [...units.values()].some(({ state }) => state.memory.arena === buffer),
    )
    this.probation = new Probation(board, slot, this.world, this.log, {
      transition: () => this.#hand.transition,
      report: (transition, found) => this.#hand.report(transition, found),
      answer: (call) => {
        this.entered = board.now()
        const transition = this.#hand.transition!
        // Nobody else ticks: back now. Otherwise the others must reach their boundary first.
        const lead = () => leadAlone(board, slot, (office) => this.#leader.goBack(transition, office))
        return this.#hand.answer(transition, call, lead)
      },
    })
    this.#sampler = new Sampler({
      slot,
      world: this.world,
      record: () => this.#meeting.sync !== undefined || (!this.#hand.transition && this.probation.record()),
      recorded: () => this.probation.calls,
      stop: () => this.#meeting.sync ?? this.probation.stop(),
      answer: (message) => wire.sampled(message),
    })
    this.#hand = new InHand(this)
    this.#leader = new Leader(board, slot, registry, this.world, {
      report: (transition, found) => this.#hand.report(transition, found),
      fail: (verdict) => this.probation.fail(verdict),
      time: (which, ms) => this.#hand.time(which, ms),
    })
    this.rewind = new Rewind(this)
    this.#meeting = new Meeting(board, slot, this.#hand, this.#leader, this.rewind)
    this.#orders = new Orders(this.world, {
      begin: (message) => this.#beginLoading(message),
      loaded: (message, loaded, ms) => this.#hand.take(message, loaded, ms),
      obey: (message) => this.#hand.obey(message),
      isResting: () => board.state(slot) === ParticipantState.PAUSED,
    })
  }

  /** Ticks so far, or the engine's last frame number; modulo 2^32. */
  get ticks(): number {
    return this.#words[this.#tickWord]! >>> 0
  }

  failure(message: Omit<FailureMessage, 'type' | 'slot'>): void {
    this.#wire.failure(message)
  }

  saved(message: Omit<SavedMessage, 'type' | 'slot'>): void {
    this.#wire.saved({ type: 'saved', slot: this.slot, ...message })
  }

  /** What modules passed on by `import.meta.hot.invalidate`; while a swap is open, after it. */
  passOn(): void {
    if (!this.#booted || this.#hand.transition) return
    const swap = this.board.load(this.board.at(this.slot, SlotWord.FOLLOWED))
    for (const id of this.world.linker.takeInvalidated()) this.#wire.invalidated({ id, swap })
  }

  /** Loads what runs at the moment, before the first tick. */
  async boot(message: BootMessage): Promise<void> {
    this.#scripts.add(message.scripts)
    await bootWorld(this.world, message, this.slot)
    if (message.syncTest) this.#meeting.sync = this.#syncTest(message.syncTest)
    this.#booted = true
    this.#carryOutAside()
  }

  /** Outside of tick(): what it takes is no time that a tick has waited. */
  #carryOutAside(): void {
    this.entered = this.board.now()
    this.#orders.carryOut()
  }

  /** Meets the others for something that is no tick of the engine's. */
  meet(purpose: 'sync' | 'rewind'): void {
    this.#meeting.purpose = purpose
    rendezvous(this.board, this.slot, this.#meeting, this.board.load(Word.PROBATION_DEADLINE_MS))
  }

  #syncTest(wish: SyncWish): SyncTest {
    const { board, slot, world, probation } = this
    const meet = () => {
      this.meet('sync')
      if (!this.#explicit) this.#setTick(later(this.ticks | 0, board.load(Word.ROUND_TICK)))
    }
    const report = (found: Finding) => this.#wire.failure({ id: 0, finding: found })
    return new SyncTest({ board, slot, world, probation, meet, report }, wish)
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
    const { probation } = this
    const isKept = this.#meeting.sync !== undefined || this.#sampler.isRecording(live.name)
    const isKnown = isKept || this.log.wants(live.name)
    const isWatched = this.#hand.transition?.committed || probation.isMeasuring || isKnown
    return isWatched ? probation.surface(live) : live.namespace
  }

  /** Has the engine's check asked at the end of every tick of a probation. @returns stops it */
  check(check: HealthCheck): () => void {
    this.probation.checks.add(check)
    return () => void this.probation.checks.delete(check)
  }

  /** Takes an order of the control thread; carried out at the next boundary, or now when not ticking. */
  order(order: Order | SampleMessage): void {
    if (order.type === 'sample') return this.#sampler.want(order)
    this.#orders.push(order)
    if (this.#booted && this.board.state(this.slot) === ParticipantState.PAUSED) this.#carryOutAside()
  }

  /**
   * Between two ticks of a loop that yields: loads a candidate as soon as the order is there, so that the
   * next boundary can be the one at which it goes live.
   */
  loadAhead(): void {
    if (!this.#booted || this.#left || !this.#isOnline || this.#hand.transition) return
    if (!this.#orders.canLoadAhead()) return
    // Its next tick must look, as those of everybody with a candidate do.
    this.board.attend()
    this.#orders.carryOut()
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
    this.probation.end()
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
    this.entered = board.now()
    const attention = board.load(Word.ATTENTION)
    this.#explicit = explicit
    this.#wire.receive()
    // A listener may have closed the runtime.
    if (this.#left) return LOOK_EVERY_TICK
    this.#orders.carryOut()
    const isSampling = this.#sampler.turn()
    // A unit's code may take so long in here that the others have gone on without this participant.
    do {
      if (!this.#isOnline) this.#goOnline()
      if (this.#left) return LOOK_EVERY_TICK
      this.#align()
      this.#hand.getReady()
      this.rewind.attend(this.#hand.transition)
      this.#meet()
      this.#hand.follow()
      this.log.aside(() => this.repeats.makeUp())
    } while (!this.#left && (this.#isPast() || (!this.#isOnline && !board.load(Word.CLOSED))))
    // A new generation goes live at boundaries that all of them look at: idle ticks need not say that they passed.
    if (!this.#left) this.#registry.tick(this.slot)
    if (isSampling || this.#meeting.sync) return LOOK_EVERY_TICK
    // With a candidate in hand it looks at every tick: the control thread counts on that (Barrier).
    return this.#hand.transition ? LOOK_EVERY_TICK : attention
  }

  /** The swap in hand was decided long ago, and its outcome, and what came after, are in messages. */
  #isPast(): boolean {
    const { transition } = this.#hand
    if (!transition || this.board.status(transition.id) !== Status.NONE) return false
    this.#wire.receive()
    if (this.#left) return false
    this.#orders.carryOut()
    return this.#hand.transition !== transition
  }

  get #isOnline(): boolean {
    return this.board.state(this.slot) === ParticipantState.ONLINE
  }

  /** From here on the others wait for this participant at a rendezvous. */
  #goOnline(): void {
    const { board, slot } = this
    if (board.load(Word.CLOSED)) return
    this.#collect()
    if (this.#left) return
    this.#assertAbreast()
    const others = board.inState(ParticipantState.ONLINE).map((other) => board.tick(other))
    if (!this.#explicit) this.#setTick([board.load(Word.ROUND_TICK), ...others].reduce(later, this.ticks | 0))
    board.began(this.ticks | 0)
    forgetReplay(board, slot)
    board.store(board.at(slot, SlotWord.PASSED), 0)
    this.#registry.enter(slot)
    board.store(board.at(slot, SlotWord.STATE), ParticipantState.ONLINE)
    this.log.comeOnline()
    // From here on no round passes without this participant.
    letPass(board, slot, (office) => {
      if (office.seal()) board.decide(board.decision, Status.PARKING, Status.STRAGGLER)
    })
    // Orders sent before it was seen online may concern a boundary that has passed meanwhile.
    this.#wire.receive()
    if (this.#left) return
    this.#orders.carryOut()
    const transition = this.#hand.transition
    if (transition?.committed && board.status(transition.id) === Status.COMMITTED)
      this.#hand.catchUp(board.load(Word.PROBATION_PASSED))
    board.ring()
  }

  /** Messages that the control thread has kept back while this participant did not take any. */
  #collect(): void {
    const { board, slot } = this
    const held = board.at(slot, SlotWord.HELD)
    if (!board.load(held)) return
    this.#wire.resume()
    const end = board.now() + board.load(Word.PROBATION_DEADLINE_MS)
    while (board.load(held) && !board.load(Word.CLOSED) && board.now() < end) {
      const wake = board.load(Word.WAKE)
      this.#wire.receive()
      if (this.#left) return
      if (board.load(held)) board.wait(Word.WAKE, wake, RESUME_SLICE_MS)
    }
    this.#wire.receive()
    this.#orders.carryOut()
  }

  /** A participant never ticks beside others that run a version it has not got. */
  #assertAbreast(): void {
    const left = this.#hand.leftBehind() ?? this.#orders.behind()
    if (left) throw new TickswapError('TICKSWAP_E_LEFT_BEHIND', left.message, left)
  }

  /** Takes over the control thread's correction of a tick count that is off against the others'. */
  #align(): void {
    const { board, slot } = this
    // Also the full barrier between the store of the tick and the load of the order: see Barrier.meet.
    const adjust = board.exchange(board.at(slot, SlotWord.ADJUST), 0)
    if (adjust && !this.#explicit) this.#setTick(this.ticks + adjust)
  }

  #setTick(tick: number): void {
    this.board.store(this.#tickWord, tick)
  }

  /** Takes part in the rendezvous that is due, if one is. */
  #meet(): void {
    const { board, slot } = this
    const transition = this.#hand.transition
    const status = transition ? board.status(transition.id) : Status.NONE
    if (!transition) return this.#testTick()
    if (transition.message.alone) {
      if (status === Status.COMMITTED) this.#hand.passAlone(transition)
      return
    }
    if (status === Status.PARKING && this.#isDue()) {
      this.#meeting.purpose = 'commit'
      const park = rendezvous(board, slot, this.#meeting, board.load(Word.PARK_DEADLINE_MS))
      this.#hand.time(SlotTime.PARK, park)
      if (board.status(transition.id) === Status.STRAGGLER) transition.disregard()
    } else if (status === Status.COMMITTED && this.#isNewTick()) {
      // A participant that came online after the commit flips before it meets the others.
      if (!transition.committed) this.#hand.follow()
      this.#meeting.purpose = 'inspection'
      this.probation.endTick(transition)
      announceReplay(board, slot, this.probation.calls)
      rendezvous(board, slot, this.#meeting, board.load(Word.PROBATION_DEADLINE_MS))
    } else return status === Status.COMMITTED ? undefined : this.#testTick()
    // Participants that count their own ticks agree on the number from here on.
    if (!this.#explicit) this.#setTick(later(this.ticks | 0, board.load(Word.ROUND_TICK)))
  }

  /** Runs the tick that ended once more, where that was asked for. */
  #testTick(): void {
    const { sync } = this.#meeting
    if (!sync || !this.#isOnline) return
    // One that joins while the others run their calls again must not run its first ones beside them.
    if (this.#isNewTick() || sync.isReplaying) sync.turn()
  }

  /**
   * Whether this tick has not had its round yet. One that came online in the middle of a frame may be a
   * little behind, and waits for the others' next; far behind is an engine that counts its frames anew.
   */
  #isNewTick(): boolean {
    const ahead = (this.ticks - this.board.load(Word.ROUND_TICK)) | 0
    return ahead > 0 || ahead < -FRAME_SPREAD
  }

  #isDue(): boolean {
    const { board } = this
    return !board.load(Word.TARGET_FRAMED) || reached(this.ticks, board.load(Word.TARGET_TICK))
  }

  #beginLoading(message: PrepareMessage): void {
    const { board, slot } = this
    board.times.fill(0, board.timeAt(slot, 0), board.timeAt(slot + 1, 0))
    this.#scripts.add(message.scripts)
    annotateStacks()
  }
}
