import type { RuntimeEvent } from '../swap/protocol.ts'
import type { Outcome } from '../swap/report.ts'

/** Of `unchanged` and `dry-run` nobody is told but who asked. */
type News = Exclude<Outcome, 'unchanged' | 'dry-run'>

const EVENTS: Record<News, RuntimeEvent> = {
  refused: 'reject',
  reversed: 'reject',
  committed: 'swap',
  permanent: 'permanent',
  'rolled-back': 'rollback',
}

/** The event that tells engines about an outcome. */
export const eventOf = (outcome: News): RuntimeEvent => EVENTS[outcome]
