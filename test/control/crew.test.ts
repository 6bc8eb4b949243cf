import { expect, test } from 'vitest'
import { Crew } from '../../dist/control/crew.js'
import { Board, ParticipantState, SlotWord, Status } from '../../dist/swap/board.js'

test('who ended inside a call of a version in probation is there until that has been judged', () => {
  const board = Board.create(4)
  const crew = new Crew(board, 'crew-test', () => {})
  board.open(7)
  board.call(0)
  expect(board.decide(board.decision, Status.PARKING, Status.COMMITTED)).toBe(true)
  board.store(board.at(2, SlotWord.CALLING), 7)
  board.store(board.at(2, SlotWord.STATE), ParticipantState.DEAD)
  board.store(board.at(3, SlotWord.STATE), ParticipantState.DEAD)
  crew.bury()
  expect([board.state(2), board.state(3)]).toEqual([ParticipantState.DEAD, ParticipantState.FREE])
  expect(board.decide(board.decision, Status.COMMITTED, Status.ROLLED_BACK)).toBe(true)
  crew.bury()
  expect(board.state(2)).toBe(ParticipantState.FREE)
  crew.close()
})
