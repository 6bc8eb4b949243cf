import type { UnitDomain } from './domain.ts'
import type { Fact } from './rule.ts'
import { has } from './set.ts'

/** More versions than this are told as a span. */
const MOST_LISTED = 3

/** The facts as clauses of one sentence, without those that only say that a unit has to be there. */
export function tell(facts: readonly Fact[], domain: UnitDomain): string[] {
  const told = facts.flatMap((fact) => clause(fact, domain) ?? [])
  if (told.length > 0) return [...new Set(told)]
  return facts.flatMap((fact) =>
    fact.kind === 'needed' ? [`there is no version of ${domain.units[fact.unit]!.unit}`] : [],
  )
}

function clause(fact: Fact, domain: UnitDomain): string | undefined {
  switch (fact.kind) {
    case 'needed':
      return undefined
    case 'demand':
      return `${fact.who} uses ${fact.name} ${fact.range}`
    case 'requires':
      return needs(fact, domain, 'need')
    case 'optional':
      return needs(fact, domain, 'can only run with')
  }
}

function needs(fact: Extract<Fact, { choices: unknown }>, domain: UnitDomain, verb: string): string {
  const { unit, choices } = domain.units[fact.unit]!
  const versions = choices.filter((_, i) => has(fact.choices, i)).map(({ version }) => version.toString())
  const isOne = versions.length === 1
  const does = verb === 'need' && isOne ? 'needs' : verb
  const clause = `${unit} ${list(versions)} ${does} ${fact.name} ${fact.range}`
  return fact.isHopeless ? `${clause}, which ${lack(fact.name, domain)}` : clause
}

function list(versions: readonly string[]): string {
  if (versions.length === 1) return versions[0]!
  if (versions.length <= MOST_LISTED) return `${versions.slice(0, -1).join(', ')} and ${versions.at(-1)}`
  return `${versions[0]}, ${versions[1]} and ${versions.length - 2} others`
}

function lack(name: string, domain: UnitDomain): string {
  const known = domain.units.find(({ unit }) => unit === name)
  if (!known) return `no unit is or provides`
  return `no version of it is (${list(known.choices.map(({ version }) => version.toString())) || 'none known'})`
}
