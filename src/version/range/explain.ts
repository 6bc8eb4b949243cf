import type { Flag } from '../flags.ts'
import { type Alternative, type Bound, compareCuts, lowCut } from './bound.ts'
import { allows, type Point } from './span.ts'

/** Why a bound does not allow a version, in the words of somebody who has both on paper. */
function reason(bound: Bound, point: Point): string {
  if (bound.text === '<0.0.0-0') return 'which allows nothing'
  if (bound.operator === '=') {
    const isOlder = compareCuts(point, lowCut(bound)!) < 0
    return isOlder ? 'because it is older' : 'because it is newer'
  }
  return bound.operator === '>' || bound.operator === '>=' ? 'because it is older' : 'because it is newer'
}

const shown = (bound: Bound): string => (bound.operator === '=' ? `=${bound.text}` : bound.text)

/** What an alternative has against a version. */
function refusal({ bounds, text }: Alternative, point: Point): string {
  const refusing = bounds.find((bound) => !allows(bound, point))
  if (refusing) return `${shown(refusing)} refuses it ${reason(refusing, point)}`
  const { major, minor, patch } = point
  return `${text || '*'} refuses it because no bound names a prerelease of ${major}.${minor}.${patch}`
}

/** What every alternative has against a version that none of them matches, in one sentence. */
export function refusals(version: string, alternatives: readonly Alternative[], point: Point): string {
  const reasons = [...new Set(alternatives.map((alternative) => refusal(alternative, point)))]
  return `${version} does not match: ${reasons.join(', and ')}`
}

/** What the flags have against a version, in one sentence. */
export function flagRefusal(version: string, missing: readonly Flag[], unwanted: readonly Flag[]): string {
  const is = missing.length > 0 ? `it is not ${missing.join(' and not ')}` : `it is ${unwanted.join(' and ')}`
  const rule = missing.length > 0 ? 'required' : 'excluded'
  const flags = missing.length > 0 ? missing : unwanted
  return `${version} does not match: ${is}, and ${flags.join(' and ')} ${flags.length > 1 ? 'are' : 'is'} ${rule}`
}
