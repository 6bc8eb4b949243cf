import { type Finding, finding } from '../errors.ts'
import { Failure } from './board.ts'
import { blame, type Transition, verifyUnit } from './transition.ts'
import type { World } from './world.ts'

/** What probation found at a boundary. */
export interface Verdict {
  readonly failure: (typeof Failure)[keyof typeof Failure]
  readonly finding: Finding
}

/** An engine's own check of a participant: false, or what is wrong, fails the version in probation. */
export type HealthCheck = () => boolean | string | undefined

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

/** Asks the units that moved, and the engine, whether this participant is well. Runs in each of them. */
export function inspectHealth(
  world: World,
  transition: Transition,
  checks: Iterable<HealthCheck>,
): Verdict | undefined {
  const [first] = transition.message.moves
  for (const move of transition.message.moves) {
    const { unit, state } = world.units.get(move.unit)!
    const wrong = ask(() => unit.definition.health?.(state), move, `health of ${move.unit} ${move.to}`)
    if (wrong) return { failure: Failure.HEALTH, finding: wrong }
  }
  for (const check of checks) {
    const wrong = ask(check, first ?? { unit: '', file: '' }, "the engine's health check")
    if (wrong) return { failure: Failure.HEALTH, finding: wrong }
  }
  return undefined
}

function ask(
  check: () => boolean | string | undefined | void,
  about: { unit: string; file: string },
  what: string,
): Finding | undefined {
  try {
    const answer = check()
    if (answer !== false && typeof answer !== 'string') return undefined
    const said = answer === false ? 'returned false' : `said: ${answer}`
    const { unit, file } = about
    return finding('TICKSWAP_E_PROBATION_HEALTH', `${what} ${said}`, { unit, file })
  } catch (error) {
    return blame('TICKSWAP_E_PROBATION_HEALTH', error, about, `${what} threw`)
  }
}
