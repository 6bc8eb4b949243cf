import type { Watch } from '../swap/protocol.ts'
import type { Strategy } from '../swap/report.ts'
import type { Ask } from './ask.ts'
import type { Settings } from './options.ts'
import type { Terms } from './transaction.ts'

/** Ticks over which the running version is timed when the next one is compared with it. */
const BASELINE_TICKS = 8

/** What a version is watched for in probation. */
export function watchOf({ budgetMs, budgetRatio, heapBytes }: Settings): Watch {
  return {
    budgetMs,
    baselineTicks: budgetRatio === undefined ? 0 : BASELINE_TICKS,
    ...(budgetRatio !== undefined && { budgetRatio }),
    ...(heapBytes !== undefined && { heapBytes }),
  }
}

/** What a swap is held to: the runtime's terms, or those it was asked for with. */
export function swapTerms(settings: Settings, { deadlines = {} }: Ask, strategy: Strategy): Terms {
  return {
    prepareMs: deadlines.prepareMs ?? settings.prepareMs,
    parkMs: deadlines.parkMs ?? settings.parkMs,
    confirmMs: strategy === 'manual' ? (deadlines.confirmMs ?? settings.confirmMs) : undefined,
    ticks: settings.ticks,
    lastsMs: settings.lastsMs,
    leastTicks: settings.leastTicks,
  }
}
