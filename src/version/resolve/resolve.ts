import { TickswapError } from '../../errors.ts'
import { Constraint } from '../constraint.ts'
import type { Version } from '../version.ts'
import { UnitDomain } from './domain.ts'
import { negotiate } from './interfaces.ts'
import { loadOrder } from './order.ts'
import { factsOf } from './rule.ts'
import { type Answer, type Effort, solve } from './solver.ts'
import { tell } from './tell.ts'

/** A version that a unit could run, and what comes with it. */
export interface Choice {
  readonly version: Version
  /** unit or interface name to range */
  readonly requires?: Readonly<Record<string, string>>
  /** as `requires`, for units that need not be there */
  readonly optional?: Readonly<Record<string, string>>
  /** interface name to the versions offered */
  readonly provides?: Readonly<Record<string, readonly string[]>>
}

export interface UnitChoices {
  readonly unit: string
  /** the most welcome first: what runs, then the newest */
  readonly choices: readonly Choice[]
  /** false: it is there only when another needs it; default true */
  readonly isNeeded?: boolean
}

/** Something outside the units that needs one of them: the engine. */
export interface Demand {
  /** the subject of a sentence, such as `the engine` */
  readonly who: string
  readonly unit: string
  readonly range: string
}

export interface Question {
  readonly units: readonly UnitChoices[]
  readonly demands?: readonly Demand[]
}

/** The interface version that a dependent works with. */
export interface Binding {
  readonly unit: string
  /** name of the interface, as the dependent requires it */
  readonly to: string
  readonly provider: string
  /** the newest that both know, as the provider wrote it */
  readonly version: string
}

export interface Resolved {
  readonly isResolved: true
  /** the choice of every unit that is there */
  readonly chosen: ReadonlyMap<string, Choice>
  /** units that are not at their first choice, by name */
  readonly changed: readonly string[]
  readonly bindings: readonly Binding[]
  /** groups of units in the order to load them; backwards, to suspend them */
  readonly order: readonly (readonly string[])[]
  readonly effort: Effort
}

export interface Conflict {
  readonly isResolved: false
  /** `economy 3.0.0 needs roads ^2.0.0`, `traffic 1.4.0 needs roads ^1.0.0` */
  readonly chain: readonly string[]
  /** the chain in one sentence */
  readonly sentence: string
  readonly effort: Effort
}

export type Resolution = Resolved | Conflict

/** Beyond this many changes it is not tried, unit by unit, which of them could have been spared. */
const MOST_SPARED = 16

/**
 * Finds one version for every unit so that all requirements hold, or the chain of requirements
 * that makes it impossible. Complete: when there is such a set, one is found. First choices are
 * kept where that leads anywhere; when at most 16 units change, no set keeps all that this one
 * keeps and one more.
 * Throws TICKSWAP_E_UNIT_DUPLICATE for a unit named twice, TICKSWAP_E_CYCLE for one that requires
 * itself, CONSTRAINT_INVALID, VERSION_INVALID.
 */
export function resolve({ units, demands = [] }: Question): Resolution {
  requireSound(units)
  const domain = new UnitDomain(units, demands, new Set())
  const answer = solve(domain)
  if (!('chosen' in answer)) {
    const chain = tell(factsOf(answer.proof), domain)
    return { isResolved: false, chain, sentence: chain.join(', '), effort: answer.effort }
  }
  return resolved(units, ...spare(units, demands, answer.chosen, answer.effort))
}

function requireSound(units: readonly UnitChoices[]): void {
  const names = new Set<string>()
  for (const { unit, choices } of units) {
    if (names.has(unit)) throw new TickswapError('TICKSWAP_E_UNIT_DUPLICATE', `unit ${unit} is there twice`)
    names.add(unit)
    for (const { version, requires, optional } of choices)
      if (Object.hasOwn(requires ?? {}, unit) || Object.hasOwn(optional ?? {}, unit))
        throw new TickswapError('TICKSWAP_E_CYCLE', `${unit} ${version} requires itself`, { unit })
  }
}

const changedIn = (units: readonly UnitChoices[], chosen: readonly number[]): number[] =>
  units.flatMap(({ choices }, i) => (chosen[i]! > 0 && chosen[i]! < choices.length ? [i] : []))

/** Tries for each unit that changes whether it could stay as well. */
function spare(
  units: readonly UnitChoices[],
  demands: readonly Demand[],
  chosen: readonly number[],
  effort: Effort,
): [readonly number[], Effort] {
  const changed = changedIn(units, chosen)
  if (changed.length === 0 || changed.length > MOST_SPARED) return [chosen, effort]
  let best = chosen
  let { decisions, conflicts } = effort
  for (const unit of changed) {
    if (best[unit] === 0) continue
    const kept = new Set(units.filter((_, i) => best[i] === 0 || i === unit).map((it) => it.unit))
    const answer: Answer = solve(new UnitDomain(units, demands, kept))
    decisions += answer.effort.decisions
    conflicts += answer.effort.conflicts
    if ('chosen' in answer) best = answer.chosen
  }
  return [best, { decisions, conflicts }]
}

function resolved(units: readonly UnitChoices[], chosen: readonly number[], effort: Effort): Resolved {
  const present = new Map<string, Choice>()
  for (const [i, { unit, choices }] of units.entries()) {
    const choice = choices[chosen[i]!]
    if (choice) present.set(unit, choice)
  }
  const changed = changedIn(units, chosen).map((i) => units[i]!.unit)
  return {
    isResolved: true,
    chosen: present,
    changed: changed.sort(),
    bindings: bindingsOf(present),
    order: loadOrder(needsOf(present)),
    effort,
  }
}

/** For each unit, the units that it needs to be loaded before it. */
export function needsOf(present: ReadonlyMap<string, Choice>): Map<string, Set<string>> {
  const providers = providersOf(present)
  const needs = new Map<string, Set<string>>()
  for (const [unit, { requires = {}, optional = {} }] of present) {
    const needed = [...Object.keys(requires), ...Object.keys(optional)]
    needs.set(unit, new Set(needed.flatMap((name) => [name, ...(providers.get(name) ?? [])])))
    needs.get(unit)!.delete(unit)
  }
  return needs
}

function providersOf(present: ReadonlyMap<string, Choice>): Map<string, string[]> {
  const providers = new Map<string, string[]>()
  for (const [unit, { provides = {} }] of present)
    for (const name of Object.keys(provides)) providers.set(name, [...(providers.get(name) ?? []), unit])
  return providers
}

/** Which interface version each dependent works with, where one is offered. */
export function bindingsOf(present: ReadonlyMap<string, Choice>): Binding[] {
  const providers = providersOf(present)
  if (providers.size === 0) return []
  const bindings: Binding[] = []
  for (const [unit, { requires = {}, optional = {} }] of present)
    for (const [to, range] of Object.entries({ ...requires, ...optional }))
      for (const provider of providers.get(to) ?? []) {
        const offered = present.get(provider)!.provides?.[to] ?? []
        const version = negotiate(offered, Constraint.parse(range))
        if (version !== undefined && provider !== unit) bindings.push({ unit, to, provider, version })
      }
  return bindings
}
