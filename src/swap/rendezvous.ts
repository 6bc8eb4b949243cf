import { type Board, ParticipantState, SlotWord, Step, Word } from './board.ts'

/** A waiter looks again this often, so that a member that died is not waited for. */
const SLICE_MS = 2

/** What a participant does in a rendezvous besides waiting. */
export interface Member {
  /** runs in exactly one member, when all have arrived; must not throw */
  lead(): void
  /** runs in the others when the leader asks for their part */
  assist(): void
  /** `deadlineMs` passed and `missing` slots have not arrived; true: stop waiting */
  giveUp(missing: readonly number[]): boolean
}

/** The slots that a round waits for and that have not arrived at it. */
export const missingAt = (board: Board, round: number): number[] =>
  board
    .inState(ParticipantState.ONLINE)
    .filter((slot) => board.load(board.at(slot, SlotWord.ARRIVED)) !== round)

/**
 * Meets the other participants at a tick boundary. The last to arrive leads: it does the
 * work of the round and then lets everybody go. No participant passes before the round is
 * complete, so between arrival and return nothing but `lead` and `assist` runs anywhere.
 *
 * @returns milliseconds from arrival until all had arrived, as far as this member can tell
 */
export function rendezvous(board: Board, slot: number, member: Member, deadlineMs: number): number {
  const round = board.load(Word.ROUND) + 1
  const arrived = performance.now()
  let gathered = 0
  board.store(board.at(slot, SlotWord.ARRIVED), round)
  for (;;) {
    const wake = board.load(Word.WAKE)
    if (board.load(Word.ROUND) >= round) break
    const led = board.load(Word.LEADER) >= round
    if (!led && missingAt(board, round).length === 0 && board.swap(Word.LEADER, round - 1, round)) {
      gathered = performance.now() - arrived
      board.store(Word.LEADER_SLOT, slot)
      member.lead()
      release(board, round)
      break
    }
    if (led && board.load(Word.STEP) === Step.PRIVATE) {
      gathered ||= performance.now() - arrived
      member.assist()
    }
    const waited = performance.now() - arrived
    if (!led && waited > deadlineMs && member.giveUp(missingAt(board, round))) {
      release(board, round)
      break
    }
    Atomics.wait(board.words, Word.WAKE, wake, SLICE_MS)
  }
  return gathered || performance.now() - arrived
}

/** Leads a round without meeting anybody: for a participant that is the only one. */
export function leadAlone(board: Board, slot: number, lead: () => void): boolean {
  const round = board.load(Word.ROUND) + 1
  if (!board.swap(Word.LEADER, round - 1, round)) return false
  board.store(board.at(slot, SlotWord.ARRIVED), round)
  lead()
  release(board, round)
  return true
}

/** Ends the round for everybody. */
function release(board: Board, round: number): void {
  board.store(Word.STEP, Step.NONE)
  board.store(Word.LEADER, round)
  board.store(Word.ROUND, round)
  board.wake()
  board.ring()
}
