import { type Board, ParticipantState, SlotWord, Word } from './board.ts'
import type { Call } from './guard.ts'

const DONE = 0x7fffffff
const SLICE_MS = 2

/** Announces, before the boundary, which call this participant would replay first. */
export function announceReplay(board: Board, slot: number, calls: readonly Call[]): void {
  board.store(board.at(slot, SlotWord.NEXT_END), calls[0]?.end ?? DONE)
}

/** Nothing to replay: for a participant that was not there in the tick before. */
export function forgetReplay(board: Board, slot: number): void {
  board.store(board.at(slot, SlotWord.NEXT_END), DONE)
}

/**
 * Runs the calls of a tick again. Participants replay side by side, but a call waits for
 * every call, anywhere, that had ended before it started: what was ordered in the
 * original tick is ordered now. (The order of starts and ends is a partial order, so no
 * two wait for each other.)
 */
export function replay(board: Board, slot: number, calls: readonly Call[], run: (call: Call) => void): void {
  const next = board.at(slot, SlotWord.NEXT_END)
  for (const [index, call] of calls.entries()) {
    const end = board.now() + board.load(Word.PROBATION_DEADLINE_MS)
    for (;;) {
      const wake = board.load(Word.WAKE)
      // Somebody who does not come is not waited for; the order among the others holds.
      if (!othersOwe(board, slot, call.start) || board.now() > end) break
      board.wait(Word.WAKE, wake, SLICE_MS)
    }
    run(call)
    board.store(next, calls[index + 1]?.end ?? DONE)
    board.wake()
  }
  board.store(next, DONE)
}

/** Whether another participant has yet to replay a call that had ended before `start`. */
function othersOwe(board: Board, slot: number, start: number): boolean {
  return board
    .inState(ParticipantState.ONLINE)
    .some((other) => other !== slot && board.load(board.at(other, SlotWord.NEXT_END)) < start)
}
