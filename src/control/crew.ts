import { BroadcastChannel } from 'node:worker_threads'
import type { Finding } from '../errors.ts'
import { type Board, ParticipantState, SlotWord, Status } from '../swap/board.ts'
import { OBSERVER, participantChannel, slotName, type ToParticipant } from '../swap/protocol.ts'
import { leaderSlot } from '../swap/rendezvous.ts'
import { Backlog } from './backlog.ts'
import type { EngineUse } from './check.ts'

/** The way to one participant. */
export interface Channel {
  postMessage(message: ToParticipant): void
  close(): void
}

interface Hand {
  readonly slot: number
  readonly name: string
  readonly channel: Channel
  readonly backlog: Backlog
  /** unit to ranges */
  readonly uses: Map<string, Set<string>>
  /** wants to hear of progress */
  listens: boolean
}

/** The participants, as the control thread reaches them. */
export class Crew {
  readonly #board: Board
  readonly #connect: (slot: number) => Channel
  readonly #letGo: (slot: number) => void
  readonly #hands = new Map<number, Hand>()
  /** the admin thread, which hears what participants hear */
  #observer: Channel | undefined

  /**
   * `letGo` frees what else a participant holds by the number of its slot; `connect` opens the way to a slot,
   * by default the runtime's channel of that slot.
   */
  constructor(
    board: Board,
    runtime: string,
    letGo: (slot: number) => void = () => {},
    connect = (slot: number): Channel => new BroadcastChannel(participantChannel(runtime, slot)),
  ) {
    this.#board = board
    this.#letGo = letGo
    this.#connect = connect
  }

  /** Opens the way to a participant that asked to join. */
  admit(slot: number, name: string): void {
    // Of somebody who had asked to join and died before the answer.
    this.#hands.get(slot)?.channel.close()
    const channel = this.#connect(slot)
    const backlog = new Backlog(this.#board, slot, channel)
    this.#hands.set(slot, { slot, name, channel, backlog, uses: new Map(), listens: false })
  }

  observe(): void {
    this.#observer ??= this.#connect(OBSERVER)
  }

  send(slot: number, message: ToParticipant): void {
    if (slot === OBSERVER) this.#observer?.postMessage(message)
    else this.#hands.get(slot)?.backlog.send(message)
  }

  /** To all of them; those that tick see it at their next boundary. */
  broadcast(message: ToParticipant): void {
    for (const { backlog } of this.#hands.values()) backlog.send(message)
    this.#observer?.postMessage(message)
    this.#board.attend()
  }

  /** To those who asked to hear of progress, and to the observer. */
  tell(message: ToParticipant): void {
    this.#observer?.postMessage(message)
    const listeners = [...this.#hands.values()].filter(({ listens }) => listens)
    for (const { backlog } of listeners) backlog.send(message)
    if (listeners.length > 0) this.#board.attend()
  }

  /** Sends what was kept back from a participant that took nothing. */
  resume(slot: number): void {
    this.#hands.get(slot)?.backlog.release()
    this.#board.wake()
  }

  /** Goes on sending to those who have begun to take messages again. */
  catchUp(): void {
    for (const { backlog } of this.#hands.values()) backlog.flush()
  }

  listen(slot: number): void {
    const hand = this.#hands.get(slot)
    if (hand) hand.listens = true
  }

  use(slot: number, unit: string, range: string): void {
    const uses = this.#hands.get(slot)?.uses
    const ranges = uses?.get(unit) ?? new Set()
    uses?.set(unit, ranges.add(range))
  }

  uses(): EngineUse[] {
    return [...this.#hands.values()].flatMap(({ name, uses }) =>
      [...uses].flatMap(([unit, ranges]) => [...ranges].map((range) => ({ participant: name, unit, range }))),
    )
  }

  name(slot: number): string {
    return this.#hands.get(slot)?.name ?? (slot === OBSERVER ? 'admin' : slotName(slot))
  }

  /** What the participant at `slot` has found, with the name of the one that it is about. */
  named(found: Finding, slot: number): Finding {
    const about = [...this.#hands.keys()].find((each) => slotName(each) === found.participant)
    if (about === undefined) return { ...found, participant: this.name(slot) }
    const participant = this.name(about)
    return { ...found, participant, message: found.message.replace(slotName(about), participant) }
  }

  /** Participants that tick. */
  online(): number[] {
    return this.#board.inState(ParticipantState.ONLINE)
  }

  /** Participants that tick, or may do so again. */
  present(): number[] {
    const { PAUSED } = ParticipantState
    return [...this.online(), ...this.#board.inState(PAUSED).filter((slot) => this.#hands.has(slot))]
  }

  /** Slots whose thread ended inside a call of swap `id`. */
  diedIn(id: number): number[] {
    const { DEAD } = ParticipantState
    return this.#board
      .inState(DEAD)
      .filter((slot) => this.#board.load(this.#board.at(slot, SlotWord.CALLING)) === id)
  }

  /** It ended inside a call of a version in probation: whoever leads the next round must see that. */
  #isEvidence(slot: number): boolean {
    const id = this.#board.load(this.#board.at(slot, SlotWord.CALLING))
    return id !== 0 && this.#board.status(id) === Status.COMMITTED
  }

  /** Forgets participants whose thread is gone, and frees their slots. One that led a round is needed until it has an heir. */
  bury(): string[] {
    const names: string[] = []
    for (const slot of this.#board.inState(ParticipantState.DEAD)) {
      if (leaderSlot(this.#board) === slot || this.#isEvidence(slot)) continue
      names.push(this.name(slot))
      this.#hands.get(slot)?.channel.close()
      this.#hands.delete(slot)
      this.#letGo(slot)
      // A joiner takes the slot in the instant its state is FREE: that comes last.
      for (const word of Object.values(SlotWord))
        if (word !== SlotWord.STATE) this.#board.store(this.#board.at(slot, word), 0)
      this.#board.store(this.#board.at(slot, SlotWord.STATE), ParticipantState.FREE)
    }
    return names
  }

  list(): { slot: number; name: string }[] {
    return Array.from(this.#hands.values(), ({ slot, name }) => ({ slot, name }))
  }

  close(): void {
    for (const { channel } of this.#hands.values()) channel.close()
    this.#observer?.close()
    this.#hands.clear()
  }
}
