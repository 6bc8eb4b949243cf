import { type Board, ParticipantState, SlotWord, Word } from './board.ts'
import type { Call } from './guard.ts'

/** No call has this number: all are odd. */
const DONE = 0
const SLICE_MS = 2
/** What a second replay adds to the numbers of its calls, and a third one twice: it comes after all of the first. */
export const NEXT_PASS = 2 ** 29

/** Announces, before the boundary, which call this participant would replay first. */
export function announceReplay(board: Board, slot: number, calls: readonly Call[], shift = 0): void {
  const [first] = calls
  board.store(board.at(slot, SlotWord.NEXT_END), first ? numberOf(first.end, shift) : DONE)
}

/** Nothing to replay: for a participant that was not there in the tick before. */
export function forgetReplay(board: Board, slot: number): void {
  board.store(board.at(slot, SlotWord.NEXT_END), DONE)
}

/**
 * Runs the calls of a tick again. Participants replay side by side, but a call waits for
 * every call, anywhere, that had ended before it started: what was ordered in the
 * original tick is ordered now. (The order of starts and ends is a partial order, so no
 * two wait for each other.) `isStrict`: without somebody that does not come there is no use in going on.
 */
export function replay<C extends Call>(
  board: Board,
  slot: number,
  calls: readonly C[],
  run: (call: C) => void,
  { shift = 0, isStrict = false }: { readonly shift?: number; readonly isStrict?: boolean } = {},
): void {
  const next = board.at(slot, SlotWord.NEXT_END)
  for (const [index, call] of calls.entries()) {
    // Somebody who does not come is not waited for; the order among the others holds.
    const isInTime = awaitTurn(board, slot, numberOf(call.start, shift))
    // One who is not waited for any more would write to what the others have brought back.
    if (isStrict && !(isInTime && board.state(slot) === ParticipantState.ONLINE)) break
    run(call)
    const after = calls[index + 1]
    board.store(next, after ? numberOf(after.end, shift) : DONE)
    board.wake()
  }
  board.store(next, DONE)
}

/** @returns false when somebody did not come in time */
function awaitTurn(board: Board, slot: number, start: number): boolean {
  const end = board.now() + board.load(Word.PROBATION_DEADLINE_MS)
  for (;;) {
    const wake = board.load(Word.WAKE)
    if (!othersOwe(board, slot, start)) return true
    if (board.now() > end) return false
    board.wait(Word.WAKE, wake, SLICE_MS)
  }
}

/** Whether another participant has yet to replay a call that had ended before `start`. */
function othersOwe(board: Board, slot: number, start: number): boolean {
  return board
    .inState(ParticipantState.ONLINE)
    .some((other) => other !== slot && isBefore(board.load(board.at(other, SlotWord.NEXT_END)), start))
}

/** Numbers wrap at 2^32. */
const numberOf = (ticket: number, shift: number): number => (ticket + shift) | 0
const isBefore = (end: number, start: number): boolean => end !== DONE && ((end - start) | 0) < 0
