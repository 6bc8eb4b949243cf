import { ADVICE, type Finding } from '../errors.ts'
import type { UnitDescriptor } from '../version/compatibility/descriptor.ts'
import { Constraint } from '../version/constraint.ts'
import { satisfies } from '../version/resolve/domain.ts'
import { loadOrder } from '../version/resolve/order.ts'
import {
  type Binding,
  bindingsOf,
  type Choice,
  type Conflict,
  needsOf,
  type Resolved,
  resolve,
  type UnitChoices,
} from '../version/resolve/resolve.ts'
import { Version } from '../version/version.ts'
import type { Catalog, UnitEntry } from './catalog.ts'
import type { EngineUse, Side } from './check.ts'
import type { KeptVersions } from './compatibility.ts'
import type { Terms } from './former.ts'

/** A version of a unit as the resolver sees it. */
export const choiceOf = ({ version, contract: { requires, optional, provides } }: Side): Choice => {
  return { version, requires, optional, provides }
}

const choicesOf = (sides: ReadonlyMap<string, Side>): Map<string, Choice> =>
  new Map([...sides].map(([name, side]) => [name, choiceOf(side)]))

/** What a unit needs and does not find. */
export function unmetBy(contract: Terms, after: ReadonlyMap<string, Side>) {
  const needs = (ranges: Readonly<Record<string, string>>, isOptional: boolean) =>
    Object.entries(ranges).map(([needed, range]) => ({ needed, range, isOptional }))
  return [...needs(contract.requires, false), ...needs(contract.optional, true)].filter(
    ({ needed, range, isOptional }) => {
      if (isOptional && !after.has(needed)) return false
      const constraint = Constraint.parse(range)
      return ![...after].some(([name, side]) => satisfies(choiceOf(side), name, needed, constraint))
    },
  )
}

/** The names of units in the order to load them. */
export const namesInOrder = (sides: ReadonlyMap<string, Side>): string[] =>
  loadOrder(needsOf(choicesOf(sides))).flat()

/** What changes in one swap, in the order to set it up. */
export function inLoadOrder<T extends { readonly contract: Terms }>(
  passengers: readonly T[],
  after: ReadonlyMap<string, Side>,
): T[] {
  const order = namesInOrder(after)
  const place = ({ contract: { name } }: T) => order.indexOf(name)
  return [...passengers].sort((a, b) => place(a) - place(b))
}

/** For each unit, the interface versions it works with. */
export const bindingsIn = (catalog: Catalog): Binding[] =>
  bindingsOf(choicesOf(new Map([...catalog.units].map(([name, { running }]) => [name, running]))))

/** Everything that could run. */
export interface Known {
  readonly catalog: Catalog
  /** the versions of a unit that ran before this start, as far as a store keeps them */
  readonly kept: KeptVersions
  readonly candidates: readonly Side[]
  readonly uses: readonly EngineUse[]
}

/**
 * Adds to findings about requirements what can be done: the set of versions, from those that
 * run, the candidates and those that ran, that satisfies everybody; or, where there is none, the
 * chain of requirements that makes it impossible.
 */
export function withWayOut(findings: readonly Finding[], known: Known): Finding[] {
  const { catalog, candidates, uses } = known
  if (!findings.some(isUnmet)) return [...findings]
  const moving = new Map(candidates.map((side) => [side.contract.name, side]))
  const demands = uses.map(({ participant, unit, range }) => {
    return { who: `the engine, in ${participant},`, unit, range }
  })
  const resolution = resolve({ units: choicesFrom(known, moving), demands })
  return findings.map((found) => {
    if (!isUnmet(found)) return found
    return resolution.isResolved ? withRollbacks(found, resolution, catalog) : withChain(found, resolution)
  })
}

const isUnmet = ({ code, severity }: Finding): boolean =>
  code === 'TICKSWAP_E_REQUIREMENT' && severity === 'error'

function choicesFrom({ catalog, kept }: Known, moving: ReadonlyMap<string, Side>): UnitChoices[] {
  const units = [...catalog.units.values()]
    .filter(({ name }) => !moving.has(name))
    .map((entry) => ({ unit: entry.name, choices: knownOf(entry, kept(entry.name)) }))
  return [...units, ...[...moving].map(([unit, side]) => ({ unit, choices: [choiceOf(side)] }))]
}

/** What runs, and then what ran, the highest first. */
function knownOf({ running, editions }: UnitEntry, kept: readonly UnitDescriptor[]): Choice[] {
  const choices = [...editions.map(choiceOf), ...kept.map(keptChoice)]
  const others = choices.filter(({ version }) => Version.compare(version, running.version) !== 0)
  return [choiceOf(running), ...others.sort((a, b) => Version.compare(b.version, a.version))]
}

const keptChoice = ({ version, requires, optional = {}, provides = {} }: UnitDescriptor): Choice => {
  return { version: Version.parse(version), requires, optional, provides }
}

function withRollbacks(found: Finding, { changed, chosen }: Resolved, catalog: Catalog): Finding {
  if (changed.length === 0) return found
  const steps = changed.map((unit) => {
    const { running } = catalog.units.get(unit)!
    return `roll ${unit} back from ${running.version} to ${chosen.get(unit)!.version}`
  })
  const way = steps.join(' and ')
  const advice = `${way[0]!.toUpperCase()}${way.slice(1)}, which satisfies everybody, and save again; or: ${ADVICE[found.code]}`
  return { ...found, advice }
}

/** The message already says which requirement it is; the chain says why no other versions help. */
function withChain(found: Finding, { chain }: Conflict): Finding {
  const shown = chain.slice(0, MOST_SHOWN).join(', ')
  const rest = chain.length > MOST_SHOWN ? `, and ${chain.length - MOST_SHOWN} more like this` : ''
  return { ...found, message: `${found.message}; no known versions fit together: ${shown}${rest}` }
}

const MOST_SHOWN = 8
