import { readFileSync } from 'node:fs'
import { TickswapError } from '../errors.ts'
import { type KnownRule, type Rule, RuleBook, readRules } from '../version/compatibility/rules.ts'
import { readRulesFile } from '../version/compatibility/rules-file.ts'
import { pathOf } from './option-values.ts'

/** Rules as they travel to the control thread. */
export type RulesOption =
  | { readonly rules: readonly Rule[] }
  | { readonly file: string; readonly text: string }

/** The rules of an option: a list, or the path of a file. @throws TickswapError RULES_INVALID or OPTION */
export function rulesOption(option: readonly Rule[] | string | URL | undefined): RulesOption | undefined {
  if (option === undefined) return undefined
  const isPath = typeof option === 'string' || option instanceof URL
  const found: RulesOption = isPath ? readOption(option) : { rules: option }
  new RuleBook(knownRules(found))
  return isPath ? found : { rules: JSON.parse(JSON.stringify(option)) as Rule[] }
}

function readOption(path: string | URL): RulesOption {
  const file = pathOf('rules', path, 'file')
  try {
    return { file, text: readFileSync(file, 'utf8') }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new TickswapError('TICKSWAP_E_OPTION', `rules: cannot read ${file}: ${why}`, {}, { cause })
  }
}

/** @throws TickswapError RULES_INVALID */
export function knownRules(option: RulesOption | undefined): KnownRule[] {
  if (!option) return []
  return 'file' in option ? readRulesFile(option.text, option.file) : readRules(option.rules, 'createRuntime')
}
