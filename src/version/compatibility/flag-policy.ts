import { type Finding, finding, TickswapError } from '../../errors.ts'
import { type Flags, flagBits } from '../flags.ts'
import { placeIn, type UnitDescriptor } from './descriptor.ts'

/** Flags that a version must have to run here, and flags that it must not have. */
export interface FlagPolicy {
  readonly required?: readonly string[]
  /** default: yanked, quarantined */
  readonly excluded?: readonly string[]
}

export const DEFAULT_POLICY: FlagPolicy = { required: [], excluded: ['yanked', 'quarantined'] }

/** `API_FROZEN`, `api-frozen` and `Api_Frozen` are one flag. */
export const flagName = (flag: string): string => flag.toLowerCase().replaceAll('_', '-')

export const hasFlag = ({ flags }: UnitDescriptor, flag: string): boolean =>
  flags.some((each) => flagName(each) === flag)

/** A policy as an option gives it. @throws TickswapError OPTION, FLAG_UNKNOWN */
export function readPolicy(policy: unknown, option: string): FlagPolicy {
  if (policy === undefined) return DEFAULT_POLICY
  const bad = (what: string) => new TickswapError('TICKSWAP_E_OPTION', `${option} ${what}`)
  if (typeof policy !== 'object' || policy === null) throw bad('must be an object')
  const { required = [], excluded = DEFAULT_POLICY.excluded, ...more } = policy as FlagPolicy
  const [unknown] = Object.keys(more)
  if (unknown) throw bad(`has no ${unknown}`)
  for (const list of [required, excluded])
    if (!Array.isArray(list) || !list.every((flag) => typeof flag === 'string'))
      throw bad('holds lists of flags')
  for (const list of [required, excluded!]) flagBits(list as Flags)
  const names = { required: required.map(flagName), excluded: excluded!.map(flagName) }
  const both = names.required.find((flag) => names.excluded.includes(flag))
  if (both) throw bad(`requires and excludes ${both}`)
  return names
}

/** What the policy says to a version. */
export function checkFlags(unit: UnitDescriptor, policy: FlagPolicy): Finding[] {
  const about = { unit: unit.unit, ...placeIn(unit, 'flags', 'version') }
  const refused = (why: string) => finding('TICKSWAP_E_FLAGS', `${unit.unit} ${unit.version} ${why}`, about)
  const found: Finding[] = []
  for (const flag of policy.required ?? [])
    if (!hasFlag(unit, flag)) found.push(refused(`is not ${flag}, and this runtime requires it`))
  for (const flag of policy.excluded ?? [])
    if (hasFlag(unit, flag)) found.push(refused(`is ${flag}, and this runtime excludes it`))
  if (found.length === 0 && hasFlag(unit, 'deprecated'))
    found.push({ ...refused('is deprecated'), severity: 'warning' })
  return found
}
