import { type Finding, finding } from '../../errors.ts'
import { Constraint } from '../constraint.ts'
import { Version } from '../version.ts'
import { placeIn, type UnitDescriptor } from './descriptor.ts'
import type { Transition } from './transition.ts'
import type { Action, Verdict } from './verdict.ts'

/** What one unit asks of another, ready to be compared. */
interface Need {
  readonly by: Member
  readonly unit: string
  readonly range: Constraint
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
    this.needs = Object.entries(descriptor.requires).map(([unit, range]) => {
      return { by: this, unit, range: Constraint.parse(range) }
    })
  }

  get name(): string {
    return this.descriptor.unit
  }
}

const NOBODY: readonly Need[] = []

/** Units that run together, and who requires whom. */
export class Company {
  readonly #members = new Map<string, Member>()
  readonly #needed = new Map<string, Need[]>()

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

  /** Takes in a unit, in place of the version of it that was there. */
  set(member: Member): void {
    for (const { unit } of this.#members.get(member.name)?.needs ?? NOBODY)
      this.#needed.set(
        unit,
        this.neededOf(unit).filter(({ by }) => by.name !== member.name),
      )
    this.#members.set(member.name, member)
    for (const need of member.needs) {
      const all = this.#needed.get(need.unit)
      if (all) all.push(need)
      else this.#needed.set(need.unit, [need])
    }
  }
}

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
  for (const need of member.needs) {
    const target = moving.get(need.unit)?.member ?? company.get(need.unit)
    if (!target || !need.range.matches(target.version)) unmet = append(unmet, unmetNeed(need, target))
  }
  for (const need of company.neededOf(member.name)) {
    // Who moves too is asked itself.
    if (need.by.name === member.name || moving.has(need.by.name)) continue
    if (!need.range.matches(member.version)) unmet = append(unmet, unmetNeed(need, member))
  }
  if (!unmet) return transition
  return { verdict: 'incompatible', actions: REJECT, findings: [...transition.findings, ...unmet] }
}

function append(list: Finding[] | undefined, found: Finding): Finding[] {
  return list ? [...list, found] : [found]
}

/** `unit` is whose requirement it is: there is the place that says so. */
function unmetNeed({ by, unit, range }: Need, target: Member | undefined): Finding {
  const is = target ? `${unit} is ${target.version}` : `there is no unit ${unit}`
  const message = `${by.name} ${by.version} requires ${unit} ${range}, but ${is}`
  const place = placeIn(by.descriptor, `requires.${unit}`, 'version')
  return finding('TICKSWAP_E_REQUIREMENT', message, { unit: by.name, ...place })
}
