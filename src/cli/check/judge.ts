import { nextVersion } from '../../control/check.ts'
import { TickswapError } from '../../errors.ts'
import { type ReadUnit, type Tree, UnitReader } from '../../units/code/surface/unit-reader.ts'
import {
  type Candidate,
  Company,
  checkCandidate,
  type Judgement,
  Member,
} from '../../version/compatibility/check.ts'
import type { RuleBook } from '../../version/compatibility/rules.ts'
import { compareVersions } from '../../version/compatibility/transition.ts'
import { Version } from '../../version/version.ts'

/** What changing a unit would mean, as far as its sources tell. */
export interface UnitVerdict extends Judgement {
  readonly unit: string
  readonly from: string
  readonly to: string
}

/** The states of the sources that are compared. */
export interface Sources {
  readonly before: Tree
  readonly after: Tree
  /** the files of all units that run together */
  readonly units: readonly string[]
}

/** Judges units that would change together. Those that are new, or cannot be read, are left out. */
export function judgeUnits(
  moved: readonly string[],
  { before, after, units }: Sources,
  rules: RuleBook,
): UnitVerdict[] {
  const [old, now] = [new UnitReader(before), new UnitReader(after)]
  const company = new Company([])
  for (const file of units) {
    const unit = readable(old, file)
    if (unit) company.set(new Member(unit.descriptor))
  }
  const pairs = moved.flatMap((file) => {
    const [from, to] = [readable(old, file), readable(now, file)]
    return from && to ? [candidateOf(from, to, rules)] : []
  })
  const moving = new Map(pairs.map((candidate) => [candidate.member.name, candidate]))
  return pairs.map((candidate) => {
    const { from, to } = candidate.transition
    const { verdict, actions, findings } = checkCandidate(candidate, company, moving)
    return { unit: to.unit, from: from!.version, to: to.version, verdict, actions, findings }
  })
}

function candidateOf(from: ReadUnit, to: ReadUnit, rules: RuleBook): Candidate {
  const version = nextVersion(Version.parse(to.descriptor.version), [Version.parse(from.descriptor.version)])
  const member = new Member({ ...to.descriptor, version: version.toString() })
  return { member, transition: compareVersions(from.descriptor, member.descriptor, { rules }) }
}

function readable(reader: UnitReader, file: string): ReadUnit | undefined {
  try {
    return reader.read(file)
  } catch (error) {
    if (error instanceof TickswapError) return undefined
    throw error
  }
}
