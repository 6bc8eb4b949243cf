import { type Board, Status } from '../swap/board.ts'
import type { BootMessage, HistoryEntry, PrepareMessage } from '../swap/protocol.ts'
import { scriptsOf } from '../swap/scripts.ts'
import type { Control } from './control.ts'
import type { Crew } from './crew.ts'

/**
 * Lets a participant join: sends what runs, and the candidate when there is one. A participant never stays on
 * code that was replaced. `offer` is the candidate that has been sent out, while its fate is open.
 */
export function admit(
  board: Board,
  crew: Crew,
  slot: number,
  boot: BootMessage,
  offer: PrepareMessage | undefined,
): void {
  crew.admit(slot, boot.name)
  if (offer) {
    crew.send(slot, offer)
    const status = board.status(offer.id)
    // Decided, be it that the others are being told at this instant: hearing it twice does no harm.
    if (status === Status.COMMITTED || status === Status.PERMANENT)
      crew.send(slot, { type: 'outcome', id: offer.id, outcome: 'committed', passed: 0, restore: 0 })
  }
  // Last: from here on the participant may tick at any time, and then knows of the candidate.
  crew.send(slot, boot)
}

/** What runs, for a participant that joins. `first`: it fills new state. */
export function bootMessage(
  control: Pick<Control, 'catalog' | 'persistence' | 'settings' | 'graph'>,
  { name, first, history }: { name: string; first: boolean; history: readonly HistoryEntry[] },
): BootMessage {
  const { catalog, persistence } = control
  const resumedOf = persistence.resumed(name, first)
  const units = catalog.inOrder().map(({ name: unit, running, memory }) => {
    const resumed = resumedOf(unit)
    const { contract, version } = running
    return { unit, file: contract.file, version: version.toString(), memory, ...(resumed && { resumed }) }
  })
  const scripts = scriptsOf(
    units.map(({ unit, file, version }) => ({ unit, version, artifacts: catalog.closure(file) })),
  )
  const { syncTest } = control.settings
  return { type: 'boot', name, base: control.graph(), scripts, units, first, history, syncTest }
}
