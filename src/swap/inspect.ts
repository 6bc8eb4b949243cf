import { type Finding, finding } from '../errors.ts'
import { Failure } from './board.ts'
import type { Guard } from './guard.ts'
import { type Transition, verifyUnit } from './transition.ts'
import type { World } from './world.ts'

/** What probation found at a boundary. */
export interface Verdict {
  readonly failure: (typeof Failure)[keyof typeof Failure]
  readonly finding: Finding
}

/** Ticks in a row over budget that fail a version: one pause of the garbage collector must not. */
const SLOW_TICKS = 3

/** Looks at the shared state when all participants stand at the boundary. Runs in one of them. */
export function inspectState(world: World, transition: Transition): Verdict | undefined {
  for (const live of world.units.values()) {
    const bad = live.state.nonFiniteSinceKept()
    if (!bad) continue
    const message = `${live.name}.${bad.column}[${bad.index}] became ${bad.value}`
    const { name: unit, file } = live
    return {
      failure: Failure.NON_FINITE,
      finding: finding('TICKSWAP_E_PROBATION_NON_FINITE', message, { unit, file }),
    }
  }
  for (const move of transition.message.moves) {
    const found = verifyUnit(world.units.get(move.unit)!, move)
    if (found) return { failure: Failure.VERIFY, finding: found }
  }
  return undefined
}

/** Watches the time that the units of a swap take in one participant. */
export class Budget {
  readonly #limitMs: number
  #slowTicks = 0

  constructor(limitMs: number) {
    this.#limitMs = limitMs
  }

  /** Judges the tick that just ended; a verdict at the third slow tick in a row. */
  judge(guard: Guard, transition: Transition): Verdict | undefined {
    let slowest = { unit: '', ms: 0 }
    for (const { unit } of transition.message.moves) {
      const ms = guard.spent.get(unit) ?? 0
      if (ms > slowest.ms) slowest = { unit, ms }
    }
    this.#slowTicks = slowest.ms > this.#limitMs ? this.#slowTicks + 1 : 0
    if (this.#slowTicks < SLOW_TICKS) return undefined
    const file = transition.message.moves.find((move) => move.unit === slowest.unit)?.file
    const message = `${slowest.unit} took ${slowest.ms.toFixed(1)} ms of a tick, ${SLOW_TICKS} ticks in a row; the budget is ${this.#limitMs} ms`
    return {
      failure: Failure.BUDGET,
      finding: finding('TICKSWAP_E_PROBATION_BUDGET', message, { unit: slowest.unit, ...(file && { file }) }),
    }
  }
}
