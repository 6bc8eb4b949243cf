import { TickswapError } from '../../errors.ts'
import { Constraint } from '../constraint.ts'
import type { Version } from '../version.ts'
import { ACTIONS, type Action, VERDICTS, type Verdict } from './verdict.ts'

/** What somebody decided about certain transitions of a unit. */
export interface Rule {
  /** the unit's name; in a unit's own declaration it may be left out */
  readonly unit?: string
  /** range of versions that are left; default: any */
  readonly from?: string
  /** range of versions that are entered; default: any */
  readonly to?: string
  readonly verdict: Verdict
  /** instead of the actions that were found; default: keep those */
  readonly actions?: readonly Action[]
  /** shown to whoever meets the rule */
  readonly reason: string
}

/** A rule that has been read, and where it was written. */
export interface KnownRule {
  readonly unit: string
  readonly from: Constraint
  readonly to: Constraint
  readonly verdict: Verdict
  readonly actions: readonly Action[] | undefined
  readonly reason: string
  /** the unit that declares it itself */
  readonly owner: string | undefined
  /** for messages: `rules.yaml:4:3`, `createRuntime, rule 2` */
  readonly source: string
}

const KEYS = ['unit', 'from', 'to', 'verdict', 'actions', 'reason']

/**
 * Reads rules. `unit` is whose rules they are, when a unit declares them.
 * @throws TickswapError RULES_INVALID that names the rule and what is wrong with it
 */
export function readRules(rules: unknown, where: string, unit?: string): KnownRule[] {
  if (!Array.isArray(rules)) throw invalid(`${where}: rules must be a list`)
  return rules.map((rule, index) => readRule(rule, `${where}, rule ${index + 1}`, unit))
}

/** @throws TickswapError RULES_INVALID */
export function readRule(rule: unknown, source: string, owner?: string): KnownRule {
  if (typeof rule !== 'object' || rule === null) throw invalid(`${source}: a rule is an object`)
  const unknown = Object.keys(rule).find((key) => !KEYS.includes(key))
  if (unknown) throw invalid(`${source}: there is no \`${unknown}\`; a rule has ${KEYS.join(', ')}`)
  const { unit = owner, from = '*', to = '*', verdict, actions, reason } = rule as Partial<Rule>
  if (typeof unit !== 'string' || unit === '') throw invalid(`${source}: \`unit\` must name a unit`)
  if (owner !== undefined && unit !== owner)
    throw invalid(`${source}: unit ${owner} cannot decide about unit ${unit}`)
  if (!VERDICTS.includes(verdict as Verdict))
    throw invalid(`${source}: \`verdict\` is one of ${VERDICTS.join(', ')}`)
  if (actions !== undefined && !(Array.isArray(actions) && actions.every((one) => ACTIONS.includes(one))))
    throw invalid(`${source}: \`actions\` is a list out of ${ACTIONS.join(', ')}`)
  if (typeof reason !== 'string' || reason.trim() === '')
    throw invalid(`${source}: \`reason\` must be a sentence`)
  return {
    unit,
    from: rangeOf(from, `${source}, \`from\``),
    to: rangeOf(to, `${source}, \`to\``),
    verdict: verdict as Verdict,
    actions,
    reason: reason.trim(),
    owner,
    source,
  }
}

function rangeOf(text: unknown, source: string): Constraint {
  try {
    return Constraint.parse(text as string)
  } catch (cause) {
    if (!(cause instanceof TickswapError)) throw cause
    throw invalid(`${source}: ${cause.finding.message}`)
  }
}

/**
 * The rules of a runtime or of a command: of its options, of its file and of the units. A rule may say less than
 * another, never something else.
 */
export class RuleBook {
  readonly #rules: ReadonlyMap<string, readonly KnownRule[]>

  /**
   * @param known rules that are known not to disagree
   * @throws TickswapError RULES_INVALID that names two rules which disagree about a transition
   */
  constructor(rules: readonly KnownRule[], known: readonly KnownRule[] = []) {
    const byUnit = groupedByUnit(known)
    for (const rule of rules) {
      const others = byUnit.get(rule.unit) ?? []
      const other = others.find((each) => contradicts(rule, each))
      if (other) throw contradiction(other, rule)
      others.push(rule)
      byUnit.set(rule.unit, others)
    }
    this.#rules = byUnit
  }

  /** The same with more rules. @throws TickswapError RULES_INVALID */
  with(more: readonly KnownRule[]): RuleBook {
    return more.length === 0 ? this : new RuleBook(more, [...this.#rules.values()].flat())
  }

  find(unit: string, from: Version, to: Version): KnownRule | undefined {
    const rules = this.#rules.get(unit) ?? []
    const fits = rules.filter((rule) => rule.from.accepts(from) && rule.to.accepts(to))
    return fits.find(({ actions }) => actions !== undefined) ?? fits[0]
  }
}

function groupedByUnit(rules: readonly KnownRule[]): Map<string, KnownRule[]> {
  const groups = new Map<string, KnownRule[]>()
  for (const rule of rules) groups.set(rule.unit, [...(groups.get(rule.unit) ?? []), rule])
  return groups
}

const sortedActions = (actions: readonly Action[]): string => [...new Set(actions)].sort().join()

/** Of two rules about one unit. */
function contradicts(a: KnownRule, b: KnownRule): boolean {
  const sameActions = !a.actions || !b.actions || sortedActions(a.actions) === sortedActions(b.actions)
  if (a.verdict === b.verdict && sameActions) return false
  return overlaps(a.from, b.from) && overlaps(a.to, b.to)
}

const overlaps = (a: Constraint, b: Constraint): boolean => withPrereleases(a).intersects(withPrereleases(b))

const widened = new WeakMap<Constraint, Constraint>()

/** The same range with prereleases, read once for all the rules that it is compared with. */
function withPrereleases(range: Constraint): Constraint {
  const known = widened.get(range)
  if (known) return known
  const wide = Constraint.parse(range.text, { includePrerelease: true })
  widened.set(range, wide)
  return wide
}

const contradiction = (a: KnownRule, b: KnownRule): TickswapError =>
  invalid(
    `two rules for ${a.unit} disagree: ${inWords(a)}, and ${inWords(b)}; there are transitions that both are about`,
  )

const inWords = ({ source, from, to, verdict, actions }: KnownRule): string =>
  `${source} says ${from} -> ${to} is ${verdict}${actions ? ` [${actions.join(', ')}]` : ''}`

const invalid = (message: string): TickswapError => new TickswapError('TICKSWAP_E_RULES_INVALID', message)
