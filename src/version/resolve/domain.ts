import { Constraint } from '../constraint.ts'
import { negotiate } from './interfaces.ts'
import type { Choice, Demand, UnitChoices } from './resolve.ts'
import type { Fact, Rule } from './rule.ts'
import { type Choices, first, fullSet, has, intersection, isEmpty, setOf, single, without } from './set.ts'
import type { Domain } from './solver.ts'

type Ranges = Readonly<Record<string, string>>
const NONE: Ranges = {}

/** The units and what they say about each other, as rules over numbered choices. */
export class UnitDomain implements Domain {
  readonly sizes: readonly number[]
  readonly rules: readonly Rule[]
  readonly units: readonly UnitChoices[]
  readonly #indices: ReadonlyMap<string, number>
  /** units that some choice of theirs makes a provider of the name */
  readonly #providers = new Map<string, number[]>()
  readonly #constraints = new Map<string, Constraint>()
  readonly #satisfying = new Map<string, Choices>()
  readonly #told = new Set<string>()

  /** `kept`: units that stay at their first choice. */
  constructor(units: readonly UnitChoices[], demands: readonly Demand[], kept: ReadonlySet<string>) {
    this.units = units
    this.sizes = units.map(({ choices }) => choices.length + 1)
    this.#indices = new Map(units.map(({ unit }, index) => [unit, index]))
    for (const [index, { choices }] of units.entries())
      for (const choice of choices)
        for (const name of Object.keys(choice.provides ?? NONE)) this.#provide(name, index)
    const needed = units.flatMap(({ unit, isNeeded }, index) =>
      isNeeded === false && !kept.has(unit) ? [] : [this.#neededRule(index, kept.has(unit))],
    )
    this.rules = [...needed, ...demands.map((demand) => this.#demandRule(demand))]
  }

  #provide(name: string, unit: number): void {
    const known = this.#providers.get(name)
    if (!known) this.#providers.set(name, [unit])
    else if (known.at(-1) !== unit) known.push(unit)
  }

  /** The first that is allowed; absent, when that is. */
  prefer(unit: number, allowed: Choices): number {
    const absent = this.sizes[unit]! - 1
    return has(allowed, absent) ? absent : first(allowed)
  }

  rulesOf(unit: number, choice: number): Rule[] {
    const { requires = NONE, optional = NONE } = this.units[unit]!.choices[choice]!
    const rules: Rule[] = []
    for (const [name, range] of Object.entries(requires))
      rules.push(...this.#tell('requires', unit, name, range))
    for (const [name, range] of Object.entries(optional))
      rules.push(...this.#tell('optional', unit, name, range))
    return rules
  }

  /** The rule of one requirement, for every choice of the unit that has it; none when it has been told. */
  #tell(kind: 'requires' | 'optional', unit: number, name: string, range: string): Rule[] {
    this.constraint(range)
    const key = `${kind}\0${unit}\0${name}\0${range}`
    if (this.#told.has(key)) return []
    this.#told.add(key)
    const { choices } = this.units[unit]!
    const saying = setOf(this.sizes[unit]!, (i) => i < choices.length && choices[i]![kind]?.[name] === range)
    const terms = kind === 'requires' ? this.#lacking(name, range) : this.#mismatching(name, range)
    if (terms.size === 0 && kind === 'optional') return []
    const isHopeless = [...terms].every(([target, term]) => this.#leavesNothing(target, term))
    const fact: Fact = { kind, unit, choices: saying, name, range, isHopeless }
    const own = terms.get(unit)
    terms.set(unit, own ? intersection(own, saying) : saying)
    return [{ terms, cause: fact }]
  }

  #leavesNothing(unit: number, term: Choices): boolean {
    return isEmpty(without(fullSet(this.sizes[unit]!), term))
  }

  /** For each unit that could satisfy a requirement, the choices that do not; absence among them. */
  #lacking(name: string, range: string): Map<number, Choices> {
    const named = this.#indices.get(name)
    const providers = new Set([...(named === undefined ? [] : [named]), ...(this.#providers.get(name) ?? [])])
    return new Map(
      [...providers].map((unit) => {
        return [unit, without(fullSet(this.sizes[unit]!), this.#satisfies(unit, name, range))]
      }),
    )
  }

  /** The choices of the named unit that are there and do not match. */
  #mismatching(name: string, range: string): Map<number, Choices> {
    const unit = this.#indices.get(name)
    if (unit === undefined) return new Map()
    const absent = single(this.sizes[unit]!, this.sizes[unit]! - 1)
    const wrong = without(without(fullSet(this.sizes[unit]!), this.#satisfies(unit, name, range)), absent)
    return isEmpty(wrong) ? new Map() : new Map([[unit, wrong]])
  }

  #satisfies(unit: number, name: string, range: string): Choices {
    const key = `${unit}\0${name}\0${range}`
    const known = this.#satisfying.get(key)
    if (known) return known
    const { unit: called, choices } = this.units[unit]!
    const constraint = this.constraint(range)
    const set = setOf(
      this.sizes[unit]!,
      (i) => i < choices.length && satisfies(choices[i]!, called, name, constraint),
    )
    this.#satisfying.set(key, set)
    return set
  }

  constraint(range: string): Constraint {
    const known = this.#constraints.get(range)
    if (known) return known
    const constraint = Constraint.parse(range)
    this.#constraints.set(range, constraint)
    return constraint
  }

  #neededRule(unit: number, isKept: boolean): Rule {
    const size = this.sizes[unit]!
    const wrong = isKept ? without(fullSet(size), single(size, 0)) : single(size, size - 1)
    return { terms: new Map([[unit, wrong]]), cause: { kind: 'needed', unit } }
  }

  #demandRule({ who, unit, range }: Demand): Rule {
    this.constraint(range)
    return { terms: this.#lacking(unit, range), cause: { kind: 'demand', who, name: unit, range } }
  }
}

/** Whether a choice of a unit satisfies a requirement: by its version, or by an interface it offers. */
export function satisfies(choice: Choice, unit: string, name: string, range: Constraint): boolean {
  if (unit === name && range.accepts(choice.version)) return true
  return negotiate(choice.provides?.[name] ?? [], range) !== undefined
}
