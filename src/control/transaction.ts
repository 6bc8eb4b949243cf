import { type Finding, finding } from '../errors.ts'
import { type Board, Failure, Instant, Restore, SlotWord, Status, Word } from '../swap/board.ts'
import { deathVerdict } from '../swap/leader.ts'
import type { PrepareMessage } from '../swap/protocol.ts'
import type { Barrier } from './barrier.ts'
import type { Crew } from './crew.ts'
import type { Failures } from './failures.ts'
import { Stop } from './stop.ts'

/** What a transaction works with. */
export interface Floor {
  readonly board: Board
  readonly crew: Crew
  readonly barrier: Barrier
  readonly failures: Failures
}

/** What one swap is held to. Milliseconds. */
export interface Terms {
  readonly prepareMs: number
  readonly parkMs: number
  /** waits for a word of consent before the boundary, this long */
  readonly confirmMs: number | undefined
  /** probation: at least this many ticks and milliseconds */
  readonly ticks: number
  readonly lastsMs: number
  /** ticks after which a version gives way to the next one that waits */
  readonly leastTicks: number
}

/** What the world outside makes of a transaction, looked at while it waits. */
export interface Wishes {
  /** the swap is not wanted any more */
  isCancelled(): boolean
  isConfirmed(): boolean
  /** another swap waits for this one's probation to end */
  isAwaited(): boolean
  isClosed(): boolean
  /** the engine's units done of all, by phase; `waiting`: slots that have not answered */
  progress(
    phase: 'prepare' | 'confirm' | 'park' | 'probation',
    done: number,
    total: number,
    waiting: readonly number[],
  ): void
}

/** How often somebody who wants to know is told who is waited for. */
const TELL_EVERY_MS = 100
const PROBATION_LOOK_MS = 5

/**
 * The control thread's half of the protocol: one candidate, from the order to prepare until it is permanent
 * or the old version is back. Nothing of it knows what is swapped.
 */
export class Transaction {
  readonly #floor: Floor
  readonly #message: PrepareMessage
  readonly #terms: Terms
  readonly #wishes: Wishes
  #toldAt = 0
  /** its probation was cut short because another swap waited */
  isShortened = false

  constructor(floor: Floor, message: PrepareMessage, terms: Terms, wishes: Wishes) {
    this.#floor = floor
    this.#message = message
    this.#terms = terms
    this.#wishes = wishes
  }

  get #id(): number {
    return this.#message.id
  }

  /** Has every participant that ticks load the candidate. @throws Stop */
  async prepare(): Promise<void> {
    const { board, crew, barrier } = this.#floor
    board.store(Word.PROBATION_LEFT, this.#terms.ticks)
    board.store(Word.PROBATION_MS, this.#terms.lastsMs)
    board.open(this.#id)
    crew.broadcast(this.#message)
    const { prepareMs } = this.#terms
    const isOver = () => this.#isPrepared() || this.#isOff() || barrier.failed(this.#id).length > 0
    // Deadline, nudge, deadline.
    if (!(await barrier.until(isOver, prepareMs / 2))) {
      board.attend()
      board.wake()
      await barrier.until(isOver, prepareMs / 2)
    }
    await this.#assertLoaded()
    this.#assertWanted('refused')
    if (!this.#isPrepared()) throw new Stop('refused', [this.#unprepared()])
  }

  #isPrepared(): boolean {
    const { crew, barrier } = this.#floor
    const waiting = barrier.unprepared(this.#id)
    const online = crew.online().length
    this.#tell('prepare', online - waiting.length, online, waiting)
    return online > 0 && waiting.length === 0
  }

  async #assertLoaded(): Promise<void> {
    const { barrier, failures } = this.#floor
    if (barrier.failed(this.#id).length > 0) throw new Stop('refused', await failures.of(this.#id))
  }

  #unprepared(): Finding {
    const { barrier, crew } = this.#floor
    if (crew.online().length === 0)
      return finding('TICKSWAP_E_STRAGGLER', 'no participant calls tick(); the change waits until one does')
    const names = barrier.unprepared(this.#id).map((slot) => crew.name(slot))
    const waiting = this.#message.update.artifacts.find((artifact) => artifact.async)
    if (!waiting) return barrier.stragglerFinding('prepare', this.#terms.prepareMs, names)
    const message = `the module awaits in its body, and the loop of ${names.join(', ')} does not yield`
    return finding('TICKSWAP_E_TOP_LEVEL_AWAIT', message, { file: waiting.file })
  }

  /** Waits for consent where that was asked for. @throws Stop */
  async confirm(): Promise<void> {
    const { confirmMs } = this.#terms
    if (confirmMs === undefined) return
    const { barrier } = this.#floor
    const isOver = () => {
      this.#tell('confirm', 0, 1, [])
      return this.#wishes.isConfirmed() || this.#isOff() || barrier.failed(this.#id).length > 0
    }
    const isAnswered = await barrier.until(isOver, confirmMs)
    await this.#assertLoaded()
    this.#assertWanted('refused')
    if (isAnswered) return
    const message = `nobody confirmed swap ${this.#id} within ${confirmMs} ms`
    throw new Stop('refused', [finding('TICKSWAP_E_UNCONFIRMED', message)])
  }

  /** The boundary. @throws Stop when it was not committed */
  async meet(): Promise<void> {
    const { barrier, failures, crew } = this.#floor
    const status = this.#message.alone ? this.#commitAlone() : await this.#meet()
    const { parkMs } = this.#terms
    if (status === Status.REHEARSED) throw new Stop('dry-run', [])
    if (status === Status.ABORTED) throw new Stop('reversed', await failures.of(this.#id))
    if (status === Status.STRAGGLER) {
      this.#assertWanted('reversed')
      await this.#assertLoaded()
      throw new Stop('reversed', [barrier.stragglerFinding('park', parkMs, barrier.stragglers)])
    }
    // Those who stand at the boundary need no message, and had to wait for this thread where cores are few.
    await barrier.until(() => barrier.behind(this.#id).length === 0, parkMs)
    crew.broadcast({ type: 'outcome', id: this.#id, outcome: 'committed', passed: 0, restore: 0 })
  }

  #meet() {
    const { barrier } = this.#floor
    const isOff = () => {
      const missing = barrier.missing()
      const online = this.#floor.crew.online().length
      this.#tell('park', online - missing.length, online, missing)
      return this.#isOff() || barrier.failed(this.#id).length > 0
    }
    return barrier.meet(this.#id, this.#terms.prepareMs, isOff)
  }

  /** Units without shared state need no meeting: everybody flips at the next boundary of its own. */
  #commitAlone() {
    const { board, crew } = this.#floor
    if (this.#message.dryRun) return Status.REHEARSED
    board.store(Word.FAILURE, Failure.NONE)
    board.store(Word.RESTORE, Restore.NONE)
    board.store(Word.PROBATION_PASSED, 0)
    board.setInstant(Instant.COMMITTED, board.instant())
    for (const slot of crew.present()) board.store(board.at(slot, SlotWord.PASSED), 0)
    board.call(0)
    board.decide(board.decision, Status.PARKING, Status.COMMITTED)
    board.attend()
    return board.status(this.#id)
  }

  /** Waits for the end of probation. false: the old version is back */
  async outlive(): Promise<boolean> {
    const { board, barrier } = this.#floor
    const { PERMANENT, ROLLED_BACK } = Status
    for (;;) {
      const status = board.status(this.#id)
      if (status === PERMANENT || status === ROLLED_BACK) return status === PERMANENT
      // The participants decide by themselves from here on.
      if (this.#wishes.isClosed()) return true
      this.#mourn()
      if (this.#message.alone) this.#settleAlone()
      else if (this.#wishes.isAwaited()) this.#shorten()
      const passed = board.load(Word.PROBATION_PASSED)
      this.#tell('probation', passed, this.#terms.ticks, barrier.missing())
      await barrier.change(PROBATION_LOOK_MS)
    }
  }

  /** Threads that ended inside the new version; their slots are free for others. */
  #mourn(): void {
    const { board, crew, failures } = this.#floor
    const dead = crew.diedIn(this.#id)
    if (dead.length > 0) {
      const names = dead.map((slot) => crew.name(slot)).join(', ')
      const { failure, finding: found } = deathVerdict(this.#message.moves[0], names)
      if (board.swap(Word.FAILURE, Failure.NONE, failure)) {
        board.setInstant(Instant.FAILED, board.instant())
        failures.add(this.#id, found)
      }
    }
    crew.bury()
  }

  /** A version that has done well so far makes room for the next one. */
  #shorten(): void {
    const { board } = this.#floor
    const left = board.load(Word.PROBATION_LEFT)
    if (board.load(Word.PROBATION_PASSED) < this.#terms.leastTicks || left <= 1) return
    board.store(Word.PROBATION_MS, 0)
    this.isShortened = board.swap(Word.PROBATION_LEFT, left, 1)
  }

  #settleAlone(): void {
    const { board, crew } = this.#floor
    const seen = board.decision
    const isAwaited = this.#wishes.isAwaited()
    const passed = crew.online().map((slot) => board.load(board.at(slot, SlotWord.PASSED)))
    const least = Math.min(...passed)
    const lasted = board.instant() - board.instantAt(Instant.COMMITTED)
    const isOver = isAwaited
      ? least >= this.#terms.leastTicks
      : least >= this.#terms.ticks && lasted >= this.#terms.lastsMs
    if (passed.length === 0 || !isOver || board.load(Word.FAILURE) !== Failure.NONE) return
    this.isShortened = least < this.#terms.ticks
    board.decide(seen, Status.COMMITTED, Status.PERMANENT)
    board.attend()
  }

  /** Tells those who do not tick at the moment, and waits until the others have followed. */
  async end(outcome: 'permanent' | 'rolled-back'): Promise<void> {
    const { board, barrier, crew } = this.#floor
    const passed = board.load(Word.PROBATION_PASSED)
    crew.broadcast({ type: 'outcome', id: this.#id, outcome, passed, restore: board.load(Word.RESTORE) })
    await barrier.until(() => barrier.behind(this.#id).length === 0, this.#terms.parkMs)
  }

  #isOff(): boolean {
    return this.#wishes.isCancelled() || this.#wishes.isClosed()
  }

  #assertWanted(outcome: 'refused' | 'reversed'): void {
    if (!this.#isOff()) return
    throw new Stop(outcome, [finding('TICKSWAP_E_CANCELLED', 'the swap was cancelled before its commit')])
  }

  #tell(
    phase: 'prepare' | 'confirm' | 'park' | 'probation',
    done: number,
    total: number,
    waiting: readonly number[],
  ): void {
    const now = this.#floor.board.now()
    if (now - this.#toldAt < TELL_EVERY_MS) return
    this.#toldAt = now
    this.#wishes.progress(phase, done, total, waiting)
  }
}
