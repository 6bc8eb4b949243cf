import { type Board, ParticipantState, SlotWord, Step, Word } from './board.ts'

/** A waiter looks again this often, so that a member that died is not waited for. */
const SLICE_MS = 2
const NOBODY = -1

/** What a participant does in a rendezvous besides waiting. */
export interface Member {
  /** runs in exactly one member, when all have arrived; must not throw */
  lead(): void
  /** runs in the others when the leader asks for their part */
  assist(): void
  /** whether the meeting has been called off: it ends as if its deadline had passed */
  isCalledOff(): boolean
  /** runs in one member when `missing` slots did not arrive in time; true: to be led without them */
  giveUp(missing: readonly number[]): boolean
  /** runs in one member when the thread of the leader ended in its work */
  takeOver(): void
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
    if (board.load(Word.LEADER) < round) {
      const isOver = performance.now() - arrived > deadlineMs || member.isCalledOff()
      if ((isOver || missingAt(board, round).length === 0) && claim(board, slot, round)) {
        const missing = missingAt(board, round)
        if (missing.length === 0 || isOver) {
          gathered = performance.now() - arrived
          work(board, round, () => {
            if (missing.length === 0 || member.giveUp(missing)) member.lead()
          })
          break
        }
        // Somebody came online at this instant: it goes on only once it sees no leader.
        unclaim(board, round)
        continue
      }
    } else if (inherit(board, slot)) {
      work(board, round, () => member.takeOver())
      break
    } else if (board.load(Word.STEP) === Step.PRIVATE) {
      gathered ||= performance.now() - arrived
      member.assist()
    }
    Atomics.wait(board.words, Word.WAKE, wake, SLICE_MS)
  }
  return gathered || performance.now() - arrived
}

/** Leads a round without meeting anybody: for a participant that is the only one. */
export function leadAlone(board: Board, slot: number, lead: () => void): boolean {
  const round = board.load(Word.ROUND) + 1
  const isAlone = () => board.inState(ParticipantState.ONLINE).every((other) => other === slot)
  if (!isAlone() || !claim(board, slot, round)) return false
  // Whoever comes online now waits; who came before that runs already.
  if (!isAlone()) {
    unclaim(board, round)
    return false
  }
  board.store(board.at(slot, SlotWord.ARRIVED), round)
  work(board, round, lead)
  return true
}

/** Waits until no round is being led: its leader had counted the members before this one came. */
export function letPass(board: Board, slot: number, takeOver: () => void): void {
  for (;;) {
    const wake = board.load(Word.WAKE)
    const round = board.load(Word.LEADER)
    if (board.load(Word.ROUND) >= round) return
    if (inherit(board, slot)) return work(board, round, takeOver)
    Atomics.wait(board.words, Word.WAKE, wake, SLICE_MS)
  }
}

/** Becomes the leader of a round that has none. */
function claim(board: Board, slot: number, round: number): boolean {
  if (!board.swap(Word.LEADER, round - 1, round)) return false
  board.store(Word.LEADER_SLOT, slot)
  return true
}

function unclaim(board: Board, round: number): void {
  board.store(Word.LEADER_SLOT, NOBODY)
  board.store(Word.LEADER, round - 1)
  board.wake()
}

/** Becomes the leader in place of one whose thread is gone. */
function inherit(board: Board, slot: number): boolean {
  const leader = board.load(Word.LEADER_SLOT)
  if (leader === NOBODY || board.state(leader) !== ParticipantState.DEAD) return false
  return board.swap(Word.LEADER_SLOT, leader, slot)
}

/** Whatever happens to the leader, the others go on. */
function work(board: Board, round: number, act: () => void): void {
  try {
    act()
  } finally {
    release(board, round)
  }
}

/** Ends the round for everybody. */
function release(board: Board, round: number): void {
  board.store(Word.STEP, Step.NONE)
  board.store(Word.LEADER_SLOT, NOBODY)
  board.store(Word.ROUND, round)
  board.wake()
  board.ring()
}
