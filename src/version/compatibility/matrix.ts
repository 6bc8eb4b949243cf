import { Version } from '../version.ts'
import { Company, checkCandidate, type Judgement, Member } from './check.ts'
import type { UnitDescriptor } from './descriptor.ts'
import { compareVersions, type Terms } from './transition.ts'

export interface Cell extends Judgement {
  readonly from: string
  readonly to: string
}

export interface Matrix {
  readonly unit: string
  /** lowest first */
  readonly versions: readonly string[]
  /** every pair of versions, row by row: first all that leave the lowest */
  readonly cells: readonly Cell[]
}

/**
 * Whether every version of a unit may follow every other.
 * @param others the units it would run with
 */
export function matrixOf(
  stored: readonly UnitDescriptor[],
  others: readonly UnitDescriptor[],
  terms: Terms = {},
): Matrix {
  const members = stored
    .map((descriptor) => new Member(descriptor))
    .sort((a, b) => Version.compare(a.version, b.version))
  const company = new Company(others.map((descriptor) => new Member(descriptor)))
  const cells = members.flatMap((from) =>
    members.map((member) => {
      const transition = compareVersions(from.descriptor, member.descriptor, { ...terms, stored })
      const { verdict, actions, findings } = checkCandidate({ member, transition }, company)
      return { from: from.descriptor.version, to: member.descriptor.version, verdict, actions, findings }
    }),
  )
  const [first] = members
  return { unit: first?.name ?? '', versions: members.map(({ version }) => version.toString()), cells }
}
