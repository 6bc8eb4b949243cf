import { readFileSync } from 'node:fs'
import type { ErrorCode, Finding } from '../errors.ts'

/** Where a person looks first for what a code is about: the first line that matches. */
const WHERE: Partial<Record<ErrorCode, RegExp>> = {
  TICKSWAP_E_NOT_A_UNIT: /\bexport\b/,
  TICKSWAP_E_UNIT_INVALID: /\bdefineUnit\s*\(/,
  TICKSWAP_E_UNIT_DUPLICATE: /\bdefineUnit\s*\(/,
  TICKSWAP_E_UNIT_REMOVED: /\bdefineUnit\s*\(/,
  TICKSWAP_E_VERSION_INVALID: /\bversion\s*:/,
  TICKSWAP_E_CONSTRAINT_INVALID: /\b(?:requires|optional|migrate)\s*:/,
  TICKSWAP_E_FLAG_UNKNOWN: /\bflags\s*:/,
  TICKSWAP_E_REQUIREMENT: /\b(?:requires|optional|version)\s*:/,
  TICKSWAP_E_CYCLE: /\b(?:requires|optional)\s*:/,
  // a loop that is not in a function
  TICKSWAP_E_EVALUATE_TIMEOUT: /^(?:for|while|do)\b/m,
  TICKSWAP_E_MIGRATION_MISSING: /\bcolumns\s*:/,
  TICKSWAP_E_MIGRATION_FAILED: /\bmigrate\s*:/,
  TICKSWAP_E_VERIFY_FAILED: /\bverify\b/,
  TICKSWAP_E_PROBATION_NON_FINITE: /\bcolumns\s*:/,
}

/**
 * A finding with the line it is about, when no stack trace or parser gave one: found in the
 * text of the file. A file that is gone or says nothing about it leaves the finding as it is.
 */
export function locate(found: Finding): Finding {
  const pattern = WHERE[found.code]
  if (found.line !== undefined || !found.file || !pattern) return found
  let text: string
  try {
    text = readFileSync(found.file, 'utf8')
  } catch {
    return found
  }
  const at = text.search(pattern)
  if (at < 0) return found
  const before = text.slice(0, at)
  return { ...found, line: before.split('\n').length, column: at - before.lastIndexOf('\n') }
}
