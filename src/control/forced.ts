import type { ErrorCode } from '../errors.ts'
import type { Assessment } from './compatibility.ts'

/** Checks that `force` passes over: what they find becomes a warning. */
const SKIPPABLE: ReadonlySet<ErrorCode> = new Set(['TICKSWAP_E_REQUIREMENT', 'TICKSWAP_E_MIGRATION_MISSING'])

/** What `force` makes of a refusal: the checks that may be passed over become warnings. */
export function forced({ verdict, actions, findings }: Assessment): Assessment {
  const eased = findings.map((found) =>
    SKIPPABLE.has(found.code) ? { ...found, severity: 'warning' as const } : found,
  )
  if (verdict !== 'incompatible' || eased.some(({ severity }) => severity === 'error'))
    return { verdict, actions, findings: eased }
  return { verdict: 'breaking', actions: ['backup', 'confirm'], findings: eased }
}
