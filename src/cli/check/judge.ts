import { nextVersion } from '../../control/check.ts'
import { type Finding, TickswapError } from '../../errors.ts'
import { type ReadUnit, type Tree, UnitReader } from '../../units/code/surface/unit-reader.ts'
import { nameOfFile } from '../../units/contract.ts'
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
  /** absent for a unit that is new */
  readonly from?: string
  readonly to: string
}

/** The states of the sources that are compared. */
export interface Sources {
  readonly before: Tree
  readonly after: Tree
  /** the files of all units that run together */
  readonly units: readonly string[]
}

/** Judges units that would change together, but for those of which only a run would tell the version. */
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
  const pairs: Candidate[] = []
  const unsound: UnitVerdict[] = []
  for (const file of moved) {
    const [from, to] = [readable(old, file), readOrRefuse(now, file)]
    if (!to) continue
    if ('code' in to) unsound.push(refused(file, from, to))
    else pairs.push(candidateOf(from, to, rules))
  }
  const moving = new Map(pairs.map((candidate) => [candidate.member.name, candidate]))
  const judged = pairs.map((candidate) => {
    const { from, to } = candidate.transition
    const { verdict, actions, findings } = checkCandidate(candidate, company, moving)
    return { unit: to.unit, ...(from && { from: from.version }), to: to.version, verdict, actions, findings }
  })
  return [...judged, ...unsound]
}

/** A unit that cannot run. */
function refused(file: string, from: ReadUnit | undefined, found: Finding): UnitVerdict {
  const { unit, version } = from?.descriptor ?? { unit: found.unit ?? nameOfFile(file) }
  const about = version === undefined ? { unit, to: 'unknown' } : { unit, from: version, to: version }
  return { ...about, verdict: 'incompatible', actions: ['reject'], findings: [found] }
}

/** The unit, or why it cannot run; nothing where only a run would tell. */
function readOrRefuse(reader: UnitReader, file: string): ReadUnit | Finding | undefined {
  try {
    return reader.read(file)
  } catch (error) {
    if (!(error instanceof TickswapError)) throw error
    return error.code === 'TICKSWAP_E_VERSION_UNWRITABLE' ? undefined : error.finding
  }
}

function candidateOf(from: ReadUnit | undefined, to: ReadUnit, rules: RuleBook): Candidate {
  const used = from ? [Version.parse(from.descriptor.version)] : []
  const version = nextVersion(Version.parse(to.descriptor.version), used)
  const member = new Member({ ...to.descriptor, version: version.toString() })
  return { member, transition: compareVersions(from?.descriptor, member.descriptor, { rules }) }
}

function readable(reader: UnitReader, file: string): ReadUnit | undefined {
  try {
    return reader.read(file)
  } catch (error) {
    if (error instanceof TickswapError) return undefined
    throw error
  }
}
