import type { SwapDeadlines } from '../swap/protocol.ts'
import type { Retried, RollbackState, Strategy, SwapReport } from '../swap/report.ts'
import type { Former } from './former.ts'

/** Whether whoever asked has thought better of it. */
export interface Consent {
  cancelled: boolean
  confirmed: boolean
}

/** A version that a unit goes back to. */
export interface GoBack {
  readonly unit: string
  readonly edition: Former
}

/** What asks for a swap. Files are absolute paths. */
export interface Ask {
  readonly trigger: SwapReport['trigger']
  /** the participant that asked, if one did */
  readonly by?: string
  readonly files: readonly string[]
  /** those of them that are gone */
  readonly removed: readonly string[]
  /** files that were saved empty and stayed so */
  readonly empty: readonly string[]
  /** modules that passed an update on to their importers, which are evaluated again */
  readonly invalidated?: readonly string[]
  /** performance.timeOrigin + performance.now() at the first sign */
  readonly at: number
  /** edits that have been merged into it because they came while it was being staged */
  readonly merged?: number
  /** how often it has been tried in vain because participants were missing, and why */
  readonly retried?: Retried
  /** go back to this version instead of reading files */
  readonly edition?: GoBack
  /** units that go back with it because they required the version that it leaves */
  readonly cascade?: readonly GoBack[]
  /** how the state goes back; default 'auto' */
  readonly state?: RollbackState
  /** default: the runtime's */
  readonly strategy?: Strategy
  readonly consent?: Consent
  readonly deadlines?: SwapDeadlines
}
