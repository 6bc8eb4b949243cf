import type { UnitStatus } from '../runtime/shapes.ts'
import type { SwapReport } from '../swap/report.ts'

/**
 * `running`: its version is permanent. `probation`: it is live and being watched. `quarantined`: its
 * version runs, and its last edit was taken back and will not be tried again.
 */
export type UnitState = 'running' | 'probation' | 'quarantined'

/** A unit as somebody outside sees it. */
export interface UnitView extends UnitStatus {
  readonly state: UnitState
  /** what runs again should this version fail; the same as `version` unless in probation */
  readonly permanent: string
}

/** The control thread lists what is permanent; what is live at the moment is in the last reports. */
export function unitViews(units: readonly UnitStatus[], reports: readonly SwapReport[]): UnitView[] {
  return units.map((unit) => {
    const permanent = unit.version
    const last = reports.findLast(
      ({ units, outcome }) => wasLive(outcome) && units.some((move) => move.unit === unit.unit),
    )
    const move = last?.units.find((candidate) => candidate.unit === unit.unit)
    if (last?.outcome === 'committed')
      return { ...unit, version: move!.to, hash: move!.hash, state: 'probation', permanent }
    return { ...unit, state: last?.outcome === 'rolled-back' ? 'quarantined' : 'running', permanent }
  })
}

const wasLive = (outcome: SwapReport['outcome']): boolean =>
  outcome === 'committed' || outcome === 'permanent' || outcome === 'rolled-back'
