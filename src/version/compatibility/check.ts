import { type Finding, finding } from '../../errors.ts'
import { Constraint } from '../constraint.ts'
import { negotiate } from '../resolve/interfaces.ts'
import { Version } from '../version.ts'
import { placeIn, type UnitDescriptor } from './descriptor.ts'
import type { Transition } from './transition.ts'
import type { Action, Verdict } from './verdict.ts'

/** What one unit asks of another, ready to be compared. */
interface Need {
  readonly by: Member
  readonly unit: string
  readonly range: Constraint
  /** the unit need not be there */
  readonly isOptional: boolean
}

/** A version as a part of a graph: all that is text in its descriptor has been read. */
export class Member {
  readonly descriptor: UnitDescriptor
  readonly version: Version
  readonly needs: readonly Need[]

  /** @throws TickswapError VERSION_INVALID or CONSTRAINT_INVALID */
  constructor(descriptor: UnitDescriptor) {
    this.descriptor = descriptor
    this.version = Version.parse(descriptor.version)
    const needs = (ranges: Readonly<Record<string, string>>, isOptional: boolean) =>
      Object.entries(ranges).map(([unit, range]) => {
        return { by: this, unit, range: Constraint.parse(range), isOptional }
      })
    this.needs = [...needs(descriptor.requires, false), ...needs(descriptor.optional ?? {}, true)]
  }

  get name(): string {
    return this.descriptor.unit
  }
}

const NOBODY: readonly Need[] = []
const NO_MEMBERS: readonly Member[] = []
const NO_NAMES: readonly string[] = []

/** Units that run together, and who requires whom. */
export class Company {
  readonly #members = new Map<string, Member>()
  readonly #needed = new Map<string, Need[]>()
  readonly #providers = new Map<string, Member[]>()

  constructor(members: Iterable<Member>) {
    for (const member of members) this.set(member)
  }

  get(unit: string): Member | undefined {
    return this.#members.get(unit)
  }

  /** What the units require of one of them. */
  neededOf(unit: string): readonly Need[] {
    return this.#needed.get(unit) ?? NOBODY
  }

  /** The units that offer an interface. */
  providersOf(name: string): readonly Member[] {
    return this.#providers.get(name) ?? NO_MEMBERS
  }

  /** Takes in a unit, in place of the version of it that was there. */
  set(member: Member): void {
    for (const { unit } of this.#members.get(member.name)?.needs ?? NOBODY)
      this.#needed.set(
        unit,
        this.neededOf(unit).filter(({ by }) => by.name !== member.name),
      )
    this.#offer(member)
    this.#members.set(member.name, member)
    for (const need of member.needs) {
      const all = this.#needed.get(need.unit)
      if (all) all.push(need)
      else this.#needed.set(need.unit, [need])
    }
  }

  #offer(member: Member): void {
    const before = this.#members.get(member.name)
    for (const name of new Set([...offeredBy(before), ...offeredBy(member)])) {
      const others = this.providersOf(name).filter((each) => each.name !== member.name)
      const stays = offeredBy(member).includes(name)
      this.#providers.set(name, stays ? [...others, member] : others)
    }
  }
}

/** The names under which a unit can satisfy somebody besides its own. */
const offeredBy = (member: Member | undefined): readonly string[] =>
  member?.descriptor.provides ? Object.keys(member.descriptor.provides) : NO_NAMES

/** A candidate that has been compared with what it follows. */
export interface Candidate {
  readonly member: Member
  readonly transition: Transition
}

export interface Judgement {
  readonly verdict: Verdict
  readonly actions: readonly Action[]
  readonly findings: readonly Finding[]
}

const REJECT: readonly Action[] = ['reject']
const ALONE: ReadonlyMap<string, Candidate> = new Map()

/**
 * The whole check of a candidate against what runs: what it requires, what is required of it, and what
 * comparing it with its predecessor said.
 * @param moving candidates that change in the same swap, by unit
 */
export function checkCandidate(
  { member, transition }: Candidate,
  company: Company,
  moving: ReadonlyMap<string, Candidate> = ALONE,
): Judgement {
  let unmet: Finding[] | undefined
  for (const need of member.needs)
    if (!isMet(need, company, moving)) unmet = append(unmet, unmetNeed(need, targetOf(need, company, moving)))
  for (const name of namesOf(member, company.get(member.name)))
    for (const need of company.neededOf(name)) {
      // Who moves too is asked itself.
      if (need.by.name === member.name || moving.has(need.by.name)) continue
      if (satisfies(member, need) || isMet(need, company, moving, member)) continue
      unmet = append(unmet, unmetNeed(need, name === member.name ? member : targetOf(need, company, moving)))
    }
  if (!unmet) return transition
  return { verdict: 'incompatible', actions: REJECT, findings: [...transition.findings, ...unmet] }
}

type Moving = ReadonlyMap<string, Candidate>

/** Under its own name and those of its interfaces, as it is and as it was. */
function namesOf(member: Member, running: Member | undefined): Iterable<string> {
  if (!member.descriptor.provides && !running?.descriptor.provides) return [member.name]
  return new Set([member.name, ...offeredBy(member), ...offeredBy(running)])
}

const targetOf = ({ unit }: Need, company: Company, moving: Moving): Member | undefined =>
  moving.get(unit)?.member ?? company.get(unit)

/** Whether a unit is what is needed: by its version, or by an interface it offers. */
function satisfies(member: Member, { unit, range }: Need): boolean {
  if (member.name === unit && range.accepts(member.version)) return true
  const offered = member.descriptor.provides?.[unit]
  return offered !== undefined && negotiate(offered, range) !== undefined
}

/** Whether somebody is what is needed once the candidates have moved; `candidate` is one of them. */
function isMet(need: Need, company: Company, moving: Moving, candidate?: Member): boolean {
  const named = need.unit === candidate?.name ? candidate : targetOf(need, company, moving)
  if (named ? satisfies(named, need) : need.isOptional) return true
  for (const each of company.providersOf(need.unit)) {
    const provider = each.name === candidate?.name ? candidate : (moving.get(each.name)?.member ?? each)
    if (satisfies(provider, need)) return true
  }
  for (const { member } of moving.values()) if (satisfies(member, need)) return true
  return false
}

function append(list: Finding[] | undefined, found: Finding): Finding[] {
  return list ? [...list, found] : [found]
}

/** `unit` is whose requirement it is: there is the place that says so. */
function unmetNeed({ by, unit, range, isOptional }: Need, target: Member | undefined): Finding {
  const is = target ? `${unit} is ${target.version}` : `there is no unit ${unit}`
  const needs = isOptional ? 'can only run with' : 'requires'
  const message = `${by.name} ${by.version} ${needs} ${unit} ${range}, but ${is}`
  const place = placeIn(by.descriptor, `requires.${unit}`, `optional.${unit}`, 'version')
  return finding('TICKSWAP_E_REQUIREMENT', message, { unit: by.name, ...place })
}
