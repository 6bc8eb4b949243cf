import { type Board, Failure, ParticipantState, SlotWord, Status, Word } from './board.ts'
import type { InHand } from './in-hand.ts'
import type { Leader } from './leader.ts'
import type { Member, Office } from './rendezvous.ts'
import type { Rewind } from './rewind.ts'
import type { SyncTest } from './sync-test.ts'

/** What one participant does in the rounds of a swap. */
export class Meeting implements Member {
  /** what the rendezvous at hand is for */
  purpose: 'commit' | 'inspection' | 'sync' | 'rewind' = 'commit'
  sync: SyncTest | undefined
  readonly #board: Board
  readonly #slot: number
  readonly #hand: InHand
  readonly #leader: Leader
  readonly #rewind: Rewind

  constructor(board: Board, slot: number, hand: InHand, leader: Leader, rewind: Rewind) {
    this.#board = board
    this.#slot = slot
    this.#hand = hand
    this.#leader = leader
    this.#rewind = rewind
  }

  lead(office: Office): void {
    if (this.purpose === 'rewind') return this.#rewind.lead(office)
    // The state stands where it did before the tick: whatever else is due comes after that.
    if (this.sync && (this.purpose === 'sync' || this.sync.isReplaying)) return this.sync.lead(office)
    const transition = this.#hand.transition!
    if (this.purpose === 'commit') this.#leader.commit(transition, office)
    else this.#leader.inspect(transition, office)
  }

  takeOver(office: Office): void {
    if (this.purpose === 'rewind') return this.#rewind.lead(office)
    if (this.sync && (this.purpose === 'sync' || this.sync.isReplaying)) return this.sync.lead(office)
    this.#leader.inherit(this.#hand.transition!, office, this.purpose === 'inspection')
  }

  isCalledOff(): boolean {
    return this.purpose === 'commit' && this.#board.status(this.#hand.transition!.id) !== Status.PARKING
  }

  assist(round: number): void {
    const board = this.#board
    const transition = this.#hand.transition!
    const vote = board.at(this.#slot, SlotWord.VOTE)
    if (Math.abs(board.load(vote)) === round) return
    const found = transition.migrate(false)
    if (found) this.#hand.report(transition, found)
    board.store(vote, found ? -round : round)
    board.cast()
  }

  giveUp(missing: readonly number[]): boolean {
    const board = this.#board
    if (this.purpose === 'commit') {
      board.decide(board.decision, Status.PARKING, Status.STRAGGLER)
      return false
    }
    // In probation the others go back without the straggler, which follows when it comes.
    if (this.purpose === 'inspection') board.swap(Word.FAILURE, Failure.NONE, Failure.STRAGGLER)
    for (const slot of missing)
      board.swap(board.at(slot, SlotWord.STATE), ParticipantState.ONLINE, ParticipantState.PAUSED)
    return true
  }
}
