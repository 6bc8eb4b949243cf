import { parentPort, workerData } from 'node:worker_threads'
import { type Finding, findingOf } from '../errors.ts'
import { addon } from '../native/addon.ts'
import { Registry } from '../registry/registry.ts'
import { Board, Word } from '../swap/board.ts'
import type { Ticket } from '../swap/protocol.ts'
import { Control } from './control.ts'
import type { Settings } from './options.ts'

/** Where the control thread begins. */
export interface ControlData {
  readonly ticket: Ticket
  readonly settings: Settings
}
export type ControlStarted = { ready: true } | { ready: false; finding: Finding }

const { ticket, settings } = workerData as ControlData
const board = new Board(ticket.board)
// However this thread ends: everybody who waits for an answer sees it.
addon().storeOnExit(board.words, Word.CLOSED, 1)
const control = new Control(ticket.id, board, Registry.attach(ticket.registry), settings)
try {
  await control.boot()
  parentPort!.postMessage({ ready: true } satisfies ControlStarted)
} catch (error) {
  parentPort!.postMessage({ ready: false, finding: findingOf(error) } satisfies ControlStarted)
  await control.close()
}
