import type { UnitStatus } from '../runtime/shapes.ts'
import type { QuarantineEntry } from '../swap/protocol.ts'
import type { Outcome, SwapReport } from '../swap/report.ts'

/**
 * `running`: its version is permanent. `candidate`: another version is on its way to the boundary. `probation`: it is
 * live and being watched. `quarantined`: its version runs, and its last edit was taken back and will not be tried again.
 */
export type UnitState = 'running' | 'candidate' | 'probation' | 'quarantined'

/** A unit as somebody outside sees it. */
export interface UnitView extends UnitStatus {
  readonly state: UnitState
  /** what runs again should this version fail; the same as `version` unless in probation */
  readonly permanent: string
}

/**
 * The control thread lists what is permanent; what is live at the moment is in the last reports, and what is about to
 * be in the progress of the swap at hand.
 */
export function unitViews(
  units: readonly UnitStatus[],
  quarantine: readonly QuarantineEntry[],
  reports: readonly SwapReport[],
  onTheWay: readonly string[] = [],
): UnitView[] {
  return units.map((unit) => {
    const permanent = unit.version
    const last = reports.findLast(
      ({ units, outcome }) => DECISIVE.has(outcome) && units.some((move) => move.unit === unit.unit),
    )
    const move = last?.units.find((candidate) => candidate.unit === unit.unit)
    if (last?.outcome === 'committed')
      return { ...unit, version: move!.to, hash: move!.hash, state: 'probation', permanent }
    if (onTheWay.includes(unit.unit)) return { ...unit, state: 'candidate', permanent }
    const isHeld =
      last !== undefined &&
      last.outcome !== 'permanent' &&
      quarantine.some((each) =>
        each.units.some(({ hash, unit: name }) => name === unit.unit && hash === move!.hash),
      )
    return { ...unit, state: isHeld ? 'quarantined' : 'running', permanent }
  })
}

const DECISIVE: ReadonlySet<Outcome> = new Set(['committed', 'permanent', 'rolled-back', 'reversed'])
