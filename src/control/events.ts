import type { RuntimeEvent } from '../swap/protocol.ts'
import type { SwapReport } from '../swap/report.ts'

/** The event that tells engines about an outcome. */
export const EVENTS: Record<Exclude<SwapReport['outcome'], 'unchanged' | 'dry-run'>, RuntimeEvent> = {
  refused: 'reject',
  reversed: 'reject',
  committed: 'swap',
  permanent: 'permanent',
  'rolled-back': 'rollback',
}
