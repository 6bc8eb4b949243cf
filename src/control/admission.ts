import type { BootMessage, PrepareMessage } from '../swap/protocol.ts'
import type { Crew } from './crew.ts'

/** A candidate that has been sent out. */
export interface Offer {
  readonly prepare: PrepareMessage
  committed: boolean
}

/** Sends what runs, and the candidate when there is one: a participant never stays on code that was replaced. */
export function admit(crew: Crew, slot: number, boot: BootMessage, offer: Offer | undefined): void {
  crew.admit(slot, boot.name)
  crew.send(slot, boot)
  if (!offer) return
  crew.send(slot, offer.prepare)
  if (offer.committed) crew.send(slot, { type: 'outcome', id: offer.prepare.id, outcome: 'committed', passed: 0 })
}
