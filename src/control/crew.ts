import { BroadcastChannel } from 'node:worker_threads'
import { type Board, ParticipantState, SlotWord } from '../swap/board.ts'
import { OBSERVER, participantChannel, type ToParticipant } from '../swap/protocol.ts'
import type { EngineUse } from './check.ts'

interface Hand {
  readonly slot: number
  readonly name: string
  readonly channel: BroadcastChannel
  /** unit to ranges */
  readonly uses: Map<string, Set<string>>
}

/** The participants, as the control thread reaches them. */
export class Crew {
  readonly #board: Board
  readonly #runtime: string
  readonly #letGo: (slot: number) => void
  readonly #hands = new Map<number, Hand>()
  /** the admin thread, which hears what participants hear */
  #observer: BroadcastChannel | undefined

  /** `letGo` frees what else a participant holds by the number of its slot. */
  constructor(board: Board, runtime: string, letGo: (slot: number) => void = () => {}) {
    this.#board = board
    this.#runtime = runtime
    this.#letGo = letGo
  }

  /** Opens the way to a participant that asked to join. */
  admit(slot: number, name: string): void {
    // Of somebody who had asked to join and died before the answer.
    this.#hands.get(slot)?.channel.close()
    const channel = new BroadcastChannel(participantChannel(this.#runtime, slot))
    this.#hands.set(slot, { slot, name, channel, uses: new Map() })
  }

  observe(): void {
    this.#observer ??= new BroadcastChannel(participantChannel(this.#runtime, OBSERVER))
  }

  send(slot: number, message: ToParticipant): void {
    const channel = slot === OBSERVER ? this.#observer : this.#hands.get(slot)?.channel
    channel?.postMessage(message)
  }

  /** To all of them; those that tick see it at their next boundary. */
  broadcast(message: ToParticipant): void {
    for (const { channel } of this.#hands.values()) channel.postMessage(message)
    this.#observer?.postMessage(message)
    this.#board.attend()
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
    return this.#hands.get(slot)?.name ?? `slot ${slot}`
  }

  /** Participants that tick. */
  online(): number[] {
    return this.#board.inState(ParticipantState.ONLINE)
  }

  /** Forgets participants whose thread is gone, and frees their slots. */
  bury(): string[] {
    const names: string[] = []
    for (const slot of this.#board.inState(ParticipantState.DEAD)) {
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
