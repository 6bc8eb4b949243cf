import { type Board, ParticipantState, SlotWord } from '../swap/board.ts'
import type { ToParticipant } from '../swap/protocol.ts'
import type { Channel } from './crew.ts'

/** Messages that may wait in a participant's channel; what comes after them is kept here. */
const WINDOW = 16
/** Events kept for somebody who takes nothing: the newest. */
const MOST_EVENTS = 64

/**
 * What has been sent to a participant and not been taken. One that rests, blocked, takes nothing, and its
 * channel would grow with every swap: from some point on its messages wait here, where those that came to
 * nothing can be left out, until it ticks again and asks for them.
 */
export class Backlog {
  readonly #board: Board
  readonly #slot: number
  readonly #channel: Channel
  #sent = 0
  #kept: ToParticipant[] = []

  constructor(board: Board, slot: number, channel: Channel) {
    this.#board = board
    this.#slot = slot
    this.#channel = channel
  }

  send(message: ToParticipant): void {
    this.flush()
    if (this.#kept.length === 0 && !this.#isBehind) return this.#post(message)
    this.#board.store(this.#board.at(this.#slot, SlotWord.HELD), 1)
    this.#kept.push(message)
    this.#leaveOut(message)
  }

  /** Goes on sending once the participant takes messages again. */
  flush(): void {
    if (this.#kept.length > 0 && !this.#isBehind) this.release()
  }

  /** Sends everything. */
  release(): void {
    for (const message of this.#kept) this.#post(message)
    this.#kept = []
    // Whoever asks is about to take them: it has not fallen behind again by then.
    this.#sent = this.#board.load(this.#board.at(this.#slot, SlotWord.TAKEN))
    this.#board.store(this.#board.at(this.#slot, SlotWord.HELD), 0)
  }

  get size(): number {
    return this.#kept.length
  }

  get #isBehind(): boolean {
    if (this.#board.state(this.#slot) !== ParticipantState.PAUSED) return false
    return this.#sent - this.#board.load(this.#board.at(this.#slot, SlotWord.TAKEN)) >= WINDOW
  }

  #post(message: ToParticipant): void {
    this.#sent = (this.#sent + 1) | 0
    this.#channel.postMessage(message)
  }

  /** A swap that came to nothing before its candidate was sent need not be told at all. */
  #leaveOut(last: ToParticipant): void {
    if (last.type === 'outcome' && (last.outcome === 'discarded' || last.outcome === 'rolled-back')) {
      const isOf = (message: ToParticipant) =>
        (message.type === 'prepare' || message.type === 'outcome') && message.id === last.id
      if (this.#kept.some((message) => message.type === 'prepare' && message.id === last.id))
        this.#kept = this.#kept.filter((message) => !isOf(message))
    }
    let surplus = this.#kept.filter(({ type }) => type === 'event').length - MOST_EVENTS
    if (surplus > 0) this.#kept = this.#kept.filter(({ type }) => type !== 'event' || surplus-- <= 0)
  }
}
