import { type Finding, finding, TickswapError } from '../errors.ts'
import {
  type Board,
  Failure,
  Instant,
  ParticipantState,
  Restore,
  SlotTime,
  SlotWord,
  Status,
  Word,
} from './board.ts'
import type { Call } from './guard.ts'
import type { InputLog } from './input-log.ts'
import type { Loaded } from './load.ts'
import type { Probation } from './probation.ts'
import type { FailureMessage, OutcomeMessage, PrepareMessage, SavedMessage } from './protocol.ts'
import type { Repeats } from './repeats.ts'
import { replay } from './replay.ts'
import type { Answer, Rewind } from './rewind.ts'
import { SpareTime } from './spare.ts'
import { blame, type Transition, verifyUnit } from './transition.ts'
import type { Warming } from './warming.ts'
import type { World } from './world.ts'

/** What the transition in hand needs of its participant. */
export interface Holder {
  readonly board: Board
  readonly slot: number
  readonly world: World
  /** when the boundary at hand was entered, or a call went back by itself */
  readonly entered: number
  readonly ticks: number
  readonly probation: Probation
  readonly repeats: Repeats
  readonly log: InputLog
  readonly rewind: Rewind
  failure(message: Omit<FailureMessage, 'type' | 'slot'>): void
  /** hands over what this participant has for itself */
  saved(message: Omit<SavedMessage, 'type' | 'slot'>): void
  /** asks for what modules passed on by `import.meta.hot.invalidate` */
  passOn(): void
}

/** The candidate that one participant holds, from its loading until it is settled or given back. */
export class InHand {
  transition: Transition | undefined
  /** a candidate that could not be loaded here */
  #broken: { readonly id: number; readonly finding: Finding } | undefined
  #setUp = false
  #warming: Warming | undefined
  #spare = new SpareTime()
  /** the tick in which the candidate was loaded */
  #takenAt = 0
  #warmUntil = 0
  /** rounds of the probation that had passed when this participant's own state was last kept */
  #keptAt = 0
  /** ticks of the candidate that it has passed by itself: of all its time, be it that it rested in between */
  #passedAlone = 0
  readonly #holder: Holder
  readonly #board: Board

  constructor(holder: Holder) {
    this.#holder = holder
    this.#board = holder.board
  }

  // ---- loading --------------------------------------------------------------------

  take({ id, moves }: PrepareMessage, loaded: Loaded, ms: number): void {
    this.time(SlotTime.PREPARE, ms)
    if ('transition' in loaded) {
      this.transition = loaded.transition
      this.#setUp = false
      this.#passedAlone = 0
      this.#warming = this.#warmingOf(loaded.transition)
      return this.#warming ? undefined : this.#compare(loaded.transition)
    }
    const { error } = loaded
    const { unit, file } = moves[0] ?? { unit: '', file: '' }
    const code = error instanceof TickswapError ? error.code : 'TICKSWAP_E_PREPARE'
    this.#broken = { id, finding: blame(code, error, { unit, file }, `loading ${unit}`) }
    this.#holder.failure(this.#broken)
    this.acknowledge(-id)
  }

  /** One that rests is ready at once: nobody waits for it. */
  #warmingOf(transition: Transition): Warming | undefined {
    if (!transition.message.warmth) return undefined
    const { board, slot, ticks } = this.#holder
    this.#takenAt = ticks
    this.#spare = new SpareTime()
    this.#warmUntil = board.now() + transition.message.warmth.withinMs
    return board.state(slot) === ParticipantState.ONLINE ? transition.warming() : undefined
  }

  /** What comes between the loading and the answer, a little in every tick. */
  getReady(): void {
    const { transition } = this
    const { probation } = this.#holder
    if (!transition || transition.committed) return this.#stopWarming()
    if (this.#warming) {
      this.#spare.beginTick()
      // The tick of the loading has had its share.
      if (this.#holder.ticks === this.#takenAt || !this.#warm(transition, this.#warming)) return
      this.#stopWarming()
      this.#compare(transition)
    } else if (probation.isMeasuring && probation.measured()) this.acknowledge(transition.id)
  }

  /** Times the running version before it is replaced, where that was asked for, and answers. */
  #compare({ id, message }: Transition): void {
    const { baselineTicks } = message.watch
    if (baselineTicks > 0 && this.#holder.ticks > 0) this.#holder.probation.measure(baselineTicks)
    else this.acknowledge(id)
  }

  /** @returns true when it is over, be it that the candidate threw: it did not in its rehearsal */
  #warm(transition: Transition, warming: Warming): boolean {
    if (this.#board.now() > this.#warmUntil) return true
    const most = transition.message.warmth!.mostSliceMs
    const sliceMs = this.#spare.slice(most)
    try {
      return this.#spare.aside(() => warming.slice(() => this.#board.now(), sliceMs))
    } catch (error) {
      const { unit, file } = transition.message.moves[0] ?? { unit: '', file: '' }
      const what = `${unit} threw when it was warmed on a copy`
      const found = blame('TICKSWAP_E_REHEARSAL_EXCEPTION', error, { unit, file }, what)
      this.report(transition, { ...found, severity: 'warning' })
      return true
    } finally {
      this.time(SlotTime.WARM, warming.totalMs)
      this.time(SlotTime.WORST_WARM, warming.worstMs)
      this.time(SlotTime.SPARE, this.#spare.ms)
      this.time(SlotTime.WARM_SLICE, sliceMs)
    }
  }

  #stopWarming(): void {
    this.#warming?.stop()
    this.#warming = undefined
  }

  /** Answers the order to prepare; a negative id says that the candidate could not be loaded. */
  acknowledge(id: number): void {
    const { board, slot } = this.#holder
    board.store(board.at(slot, SlotWord.PREPARED), id)
    board.ring()
  }

  /**
   * What keeps this participant from ticking: it could not load what the others run. In probation it asks
   * them to go back, and waits for that as long as they would wait for it.
   */
  leftBehind(): Finding | undefined {
    const board = this.#board
    const broken = this.#broken
    if (!broken) return undefined
    const end = board.now() + board.load(Word.PROBATION_DEADLINE_MS)
    while (board.status(broken.id) === Status.COMMITTED && board.now() < end) {
      this.#holder.board.swap(Word.FAILURE, Failure.NONE, Failure.PREPARE)
      board.wait(Word.WAKE, board.load(Word.WAKE), 2)
    }
    const status = board.status(broken.id)
    if (status === Status.COMMITTED || status === Status.PERMANENT || this.#isLost)
      return finding('TICKSWAP_E_LEFT_BEHIND', broken.finding.message, { ...broken.finding })
    if (status === Status.ROLLED_BACK) this.#broken = undefined
    return undefined
  }

  /** a version that could not be loaded here has become permanent */
  #isLost = false

  // ---- what was decided -----------------------------------------------------------

  /** Carries out what was decided at the board, once. */
  follow(): void {
    const board = this.#board
    const { transition } = this
    if (!transition) return
    switch (board.status(transition.id)) {
      case Status.COMMITTED:
        this.#comeAlong(transition, board.load(Word.PROBATION_PASSED))
        break
      case Status.PERMANENT:
        this.#commit(transition)
        this.#settle(transition)
        break
      case Status.ROLLED_BACK:
        this.#makeUp(
          transition,
          this.#goBack(transition, board.load(Word.PROBATION_PASSED), board.load(Word.RESTORE)),
        )
        break
    }
  }

  /** The outcome of a swap, for a participant that was not at the boundary where it was decided. */
  obey({ id, outcome, passed, restore }: OutcomeMessage): void {
    if (this.#broken?.id === id) this.#obeyBroken(outcome)
    const { transition } = this
    if (transition?.id !== id) return
    if (outcome === 'discarded') {
      if (transition.message.save) this.#holder.saved({ id, units: transition.ownStates() })
      transition.discard()
      this.#forget(transition)
    } else if (outcome === 'rolled-back') {
      this.#holder.repeats.owe(transition.id, this.#goBack(transition, passed, restore))
    } else {
      if (!transition.committed) this.#comeAlong(transition, passed)
      if (outcome === 'permanent') this.#settle(transition)
    }
  }

  #obeyBroken(outcome: OutcomeMessage['outcome']): void {
    const { id, finding: found } = this.#broken!
    if (outcome === 'permanent') this.#isLost = true
    else if (outcome !== 'committed') this.#broken = undefined
    else if (this.#board.status(id) === Status.COMMITTED) {
      // It did not tick when the others were asked, and must not tick beside them.
      if (this.#board.swap(Word.FAILURE, Failure.NONE, Failure.PREPARE))
        this.#holder.failure({ id, finding: found })
    }
  }

  /** Commits, and keeps its own state whenever the shared state has been kept: at the commit and at every round. */
  #comeAlong(transition: Transition, passed: number): void {
    const isNews = !transition.committed
    this.#commit(transition)
    if (isNews) this.keepOwn(passed)
    else this.catchUp(passed)
    if (isNews && transition.message.rewind) this.#rewind(transition, transition.message.rewind.since)
  }

  /** What was committed goes on from an earlier state, to which all calls since are made again. */
  #rewind(transition: Transition, since: number): void {
    const { board, rewind } = this.#holder
    rewind.run(transition, since, [])
    this.time(SlotTime.STALL, board.now() - this.#holder.entered)
    this.#followed(transition)
  }

  #commit(transition: Transition): void {
    const { board, probation, slot } = this.#holder
    let found: Finding | undefined
    if (!transition.committed) {
      const from = board.now()
      // One that came online when the others had voted has its own state still to move.
      found = transition.migrated ? undefined : transition.migrateOwn()
      if (transition.message.alone) found ??= transition.verify()
      this.#openLog(transition)
      transition.flip()
      this.time(SlotTime.COMMIT, board.now() - from)
    }
    if (this.#setUp) return
    this.#setUp = true
    probation.begin(transition)
    if (found) probation.fail({ failure: Failure.MIGRATION, finding: found })
    const wrong = transition.setup({ reason: transition.message.reason, participant: slot })
    if (wrong) probation.fail({ failure: Failure.SETUP, finding: wrong })
    this.time(SlotTime.TICK, this.#holder.ticks)
    this.time(SlotTime.LIVE_AT, board.instant())
    this.time(SlotTime.STALL, board.now() - this.#holder.entered)
    if (!transition.message.rewind) this.#followed(transition)
  }

  /** From here on the old version's state is what the inputs are logged for. */
  #openLog({ id, message: { log } }: Transition): void {
    if (!log) return
    const { units } = this.#holder.world
    const own = log.units.flatMap((unit) => {
      const live = units.get(unit)
      return live ? [[unit, live.state.takeOwn()] as const] : []
    })
    this.#holder.log.open(id, log, new Map(own))
  }

  #settle(transition: Transition): void {
    for (const warning of transition.settle()) this.report(transition, warning)
    this.#forget(transition)
    this.#holder.passOn()
  }

  /**
   * Puts back what ran before.
   * @param passed rounds of the probation that had passed when it was given up
   * @param restore how the shared state was restored
   * @returns the calls that are undone by it
   */
  #goBack(transition: Transition, passed: number, restore: number): readonly Call[] {
    const { board, world, probation } = this.#holder
    if (!transition.committed) {
      transition.discard()
      this.#forget(transition)
      this.#holder.world.linker.takeInvalidated()
      return []
    }
    const from = board.now()
    const { alone, moves } = transition.message
    this.catchUp(passed)
    const moving = new Set(moves.map((move) => move.unit))
    const undone = probation.calls.filter(({ unit }) => !alone || moving.has(unit))
    const isDown = alone ? this.#passedAlone > 0 : restore === Restore.DOWN
    if (!alone) for (const live of world.units.values()) if (!moving.has(live.name)) live.state.restoreOwn()
    const warnings = transition.restoreOwn(isDown)
    for (const warning of [...warnings, ...transition.revert()]) this.report(transition, warning)
    this.time(SlotTime.ROLLBACK, board.now() - from)
    this.time(SlotTime.BACK_AT, board.instant())
    this.#forget(transition)
    this.#holder.world.linker.takeInvalidated()
    return undone
  }

  /**
   * Makes up for what was undone: all calls since the commit, when they are logged and the version is deterministic,
   * or those of the tick.
   * @param failed the call whose answer the engine waits for
   * @returns what the failed call came to, when it has been made again
   */
  #makeUp(transition: Transition, undone: readonly Call[], failed?: Call): Answer | undefined {
    const { board, slot, repeats, rewind, log } = this.#holder
    const { id, message } = transition
    const isKept = rewind.run(transition, id, undone, failed)
    const played = new Set(isKept ? message.log?.units : [])
    const left = undone.filter((call) => call !== failed && !played.has(call.unit))
    log.aside(() => replay(board, slot, left, (call) => repeats.run(id, call), rewind))
    log.drop(id)
    this.time(SlotTime.STALL, board.now() - this.#holder.entered)
    return isKept ? rewind.answer : undefined
  }

  #forget(transition: Transition): void {
    this.transition = undefined
    this.#stopWarming()
    this.#holder.probation.end()
    this.#followed(transition)
  }

  #followed(transition: Transition): void {
    const { board, slot } = this.#holder
    board.store(board.at(slot, SlotWord.FOLLOWED), transition.id)
    board.ring()
  }

  // ---- probation ------------------------------------------------------------------

  keepOwn(passed: number): void {
    this.#keptAt = passed
    this.#holder.probation.nextTick()
    for (const { state } of this.#holder.world.units.values()) state.keepOwn()
  }

  /**
   * Rounds that passed while this participant was paused have made what it did before part of
   * the last good state: its own state belongs to that, and its calls are not to be replayed.
   */
  catchUp(passed: number): void {
    if (passed !== this.#keptAt) this.keepOwn(passed)
  }

  /** One tick of a probation in which nobody meets: units without shared state change participant by participant. */
  passAlone(transition: Transition): void {
    const { board, slot, world, probation } = this.#holder
    if (!transition.committed) return
    const seen = board.decision
    probation.endTick(transition)
    for (const move of transition.message.moves) {
      const found = verifyUnit(world.units.get(move.unit)!, move)
      if (found) probation.fail({ failure: Failure.VERIFY, finding: found })
    }
    if (board.load(Word.FAILURE) !== Failure.NONE) {
      this.#decideBack(seen)
      return
    }
    board.add(board.at(slot, SlotWord.PASSED), 1)
    this.#passedAlone++
    this.keepOwn(0)
    board.ring()
  }

  #decideBack(seen: number): boolean {
    const board = this.#board
    board.setInstant(Instant.ACTED, board.instant())
    return board.decide(seen, Status.COMMITTED, Status.ROLLED_BACK)
  }

  /**
   * Goes back in the middle of a tick, and answers the call that failed.
   * @param lead decides that everybody goes back, in a participant that nobody meets; false: it cannot
   */
  answer(transition: Transition, call: Call, lead: () => boolean): unknown {
    const board = this.#board
    if (board.status(transition.id) !== Status.COMMITTED) return undefined
    if (!(transition.message.alone ? this.#decideBack(board.decision) : lead())) return undefined
    const undone = this.#goBack(transition, board.load(Word.PROBATION_PASSED), board.load(Word.RESTORE))
    const answer = this.#makeUp(transition, undone, call)
    if (answer) return answer()
    const { namespace } = this.#holder.world.units.get(call.unit) ?? {}
    return (namespace as Record<string, (...args: unknown[]) => unknown> | undefined)?.[call.name]?.(
      ...call.args,
    )
  }

  report(transition: Transition, found: Finding): void {
    this.#holder.failure({ id: transition.id, finding: found })
  }

  time(which: number, ms: number): void {
    const { board, slot } = this.#holder
    board.times[board.timeAt(slot, which)] = ms
  }
}
