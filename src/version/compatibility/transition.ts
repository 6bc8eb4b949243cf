import { type Finding, finding } from '../../errors.ts'
import { Version } from '../version.ts'
import { throughStored } from './chain.ts'
import { type Change, type Level, sentence } from './change.ts'
import { placeIn, type UnitDescriptor } from './descriptor.ts'
import { checkFlags, DEFAULT_POLICY, type FlagPolicy, hasFlag } from './flag-policy.ts'
import { checkPassage, type Passage, passageBetween } from './migrations.ts'
import { checkPromise, declaredLevel, levelOf } from './promise.ts'
import { type KnownRule, RuleBook, readRules } from './rules.ts'
import { compareSurfaces } from './surface-diff.ts'
import { type Action, inOrder, type Verdict, worse } from './verdict.ts'

/** What a comparison goes by, beside the two versions. */
export interface Terms {
  readonly rules?: RuleBook
  readonly policy?: FlagPolicy
  /** the other versions of the unit that are known: what a migration could go by */
  readonly stored?: readonly UnitDescriptor[]
  /** those of them whose code is at hand: a migration may go by them, one step after the other */
  readonly walkable?: readonly UnitDescriptor[]
}

/**
 * One version of a unit after another, as far as the two alone tell. It is worked out ahead, when the
 * candidate is staged; who requires what is checked against the graph, at the swap.
 */
export interface Transition {
  readonly from: UnitDescriptor | undefined
  readonly to: UnitDescriptor
  readonly verdict: Verdict
  readonly actions: readonly Action[]
  readonly findings: readonly Finding[]
  readonly changes: readonly Change[]
  /** the step of the version that the changes ask for */
  readonly level: Level
  /** how the state gets across; absent for a unit that is new */
  readonly passage?: Passage
  /** the rule that decided */
  readonly rule?: KnownRule
}

const NO_RULES = new RuleBook([])

/** Compares a version with the one it follows; none for a unit that is new. */
export function compareVersions(
  from: UnitDescriptor | undefined,
  to: UnitDescriptor,
  terms: Terms = {},
): Transition {
  const flags = checkFlags(to, terms.policy ?? DEFAULT_POLICY)
  const { rules, found } = rulesFor(to, terms.rules ?? NO_RULES)
  if (!from) return firstVersion(to, [...flags, ...found])
  const direct = passageBetween(from, to)
  const passage = throughStored(direct, from, to, terms.walkable ?? [])
  const isSame = from.hash === to.hash && from.hash !== ''
  const changes = isSame ? [] : changesBetween(from, to, passage)
  const [older, newer] = [Version.parse(from.version), Version.parse(to.version)]
  const rule = rules.find(to.unit, older, newer)
  const findings = [
    ...flags,
    ...found,
    ...changes.flatMap((change) => findingOf(change, from, to)),
    ...(isSame ? [] : checkPassage(from, to, passage, terms.stored ?? [])),
    ...checkPromise(older, newer, to, changes),
    ...frozen(from, to, older, newer, changes),
    ...(rule ? [ruleFinding(rule, from, to)] : []),
  ]
  const isMajor = declaredLevel(older, newer) === 'major' || hasFlag(to, 'breaking')
  const judged = judge({ findings, changes, passage, isSame, isMajor, isLossy: hasFlag(to, 'lossy-down') })
  return {
    from,
    to,
    findings,
    changes,
    level: levelOf(changes),
    passage,
    ...overruled(judged, rule),
    ...(rule && { rule }),
  }
}

function firstVersion(to: UnitDescriptor, findings: readonly Finding[]): Transition {
  const isRefused = findings.some(({ severity }) => severity === 'error')
  const actions: Action[] = isRefused ? ['reject'] : []
  const verdict = isRefused ? 'incompatible' : 'compatible'
  return { from: undefined, to, verdict, actions, findings, changes: [], level: 'none' }
}

/** The unit's own rules with the runtime's; where they disagree, nobody's. */
function rulesFor(to: UnitDescriptor, book: RuleBook): { rules: RuleBook; found: Finding[] } {
  try {
    return { rules: book.with(readRules(to.rules, `unit ${to.unit}`, to.unit)), found: [] }
  } catch (error) {
    const { message } = (error as { finding: Finding }).finding
    const place = placeIn(to, 'rules', 'version')
    return {
      rules: NO_RULES,
      found: [finding('TICKSWAP_E_RULES_INVALID', message, { unit: to.unit, ...place })],
    }
  }
}

function changesBetween(from: UnitDescriptor, to: UnitDescriptor, passage: Passage): Change[] {
  const exports =
    from.surface && to.surface ? compareSurfaces(from.surface, to.surface, placeIn(to, 'version')) : []
  return [...exports, ...passage.state.changes, ...requirementChanges(from, to)]
}

function requirementChanges(from: UnitDescriptor, to: UnitDescriptor): Change[] {
  const changes: Change[] = []
  const of = 'requirement'
  for (const [name, range] of Object.entries(to.requires)) {
    const was = Object.hasOwn(from.requires, name) ? from.requires[name] : undefined
    const place = placeIn(to, `requires.${name}`)
    if (was === undefined) changes.push({ of, name, what: `is added: ${range}`, level: 'minor', place })
    else if (was !== range)
      changes.push({ of, name, what: `was ${was} and is ${range}`, level: 'patch', place })
  }
  for (const name of Object.keys(from.requires))
    if (!Object.hasOwn(to.requires, name)) changes.push({ of, name, what: 'is removed', level: 'patch' })
  return changes
}

function findingOf(change: Change, from: UnitDescriptor, to: UnitDescriptor): Finding[] {
  if (!change.code) return []
  const message = `${to.unit} ${from.version} -> ${to.version}: ${sentence(change)}`
  return [
    finding(change.code, message, { unit: to.unit, severity: change.severity ?? 'warning', ...change.place }),
  ]
}

/** A frozen interface keeps its exports as long as its major lasts. */
function frozen(
  from: UnitDescriptor,
  to: UnitDescriptor,
  older: Version,
  newer: Version,
  changes: readonly Change[],
): Finding[] {
  if (!hasFlag(from, 'api-frozen') || older.major !== newer.major) return []
  const broken = changes.filter(({ of, level }) => of === 'export' && level === 'major')
  if (broken.length === 0) return []
  const message = `${from.unit} ${from.version} is api-frozen, and ${broken.map(sentence).join('; ')}`
  return [
    finding('TICKSWAP_E_FLAGS', message, {
      unit: to.unit,
      ...(broken[0]!.place ?? placeIn(to, 'flags', 'version')),
    }),
  ]
}

function ruleFinding(rule: KnownRule, from: UnitDescriptor, to: UnitDescriptor): Finding {
  const message = `${to.unit} ${from.version} -> ${to.version} is ${rule.verdict} by a rule (${rule.source}): ${rule.reason}`
  const severity = rule.verdict === 'incompatible' ? 'error' : 'info'
  return finding('TICKSWAP_E_RULE', message, {
    unit: to.unit,
    severity,
    ...placeIn(to, ...(rule.owner === undefined ? [] : ['rules']), 'version'),
  })
}

interface Evidence {
  readonly findings: readonly Finding[]
  readonly changes: readonly Change[]
  readonly passage: Passage
  readonly isSame: boolean
  /** breaking is what the number or a flag declares */
  readonly isMajor: boolean
  readonly isLossy: boolean
}

type Judged = Pick<Transition, 'verdict' | 'actions'>

function judge({ findings, changes, passage, isSame, isMajor, isLossy }: Evidence): Judged {
  const isRefused = findings.some(({ severity }) => severity === 'error')
  const breaks = changes.some(({ of, level }) => of === 'export' && level === 'major')
  const actions = new Set<Action>()
  if (!isSame) actions.add('backup')
  if (passage.moved) actions.add(passage.isKept ? 'migrate-auto' : 'migrate-manual')
  if (breaks || isMajor || changes.some(({ code }) => code === 'TICKSWAP_E_SOFT_KEY')) actions.add('confirm')
  if (passage.isReversible && !isLossy) actions.add('rollback-available')
  if (isRefused) {
    if (passage.isKept) return { verdict: 'incompatible', actions: ['reject'] }
    return { verdict: 'incompatible', actions: ['migrate-manual', 'reject'] }
  }
  let verdict: Verdict = isSame && !isMajor ? 'identical' : 'compatible'
  if (passage.moved) verdict = 'needs-migration'
  else if (isMajor) verdict = 'breaking'
  if (breaks) verdict = worse(verdict, 'breaking')
  return { verdict, actions: inOrder(actions) }
}

/** A rule decides, but for what cannot be done. */
function overruled(judged: Judged, rule: KnownRule | undefined): Judged {
  if (!rule || judged.verdict === 'incompatible') return judged
  const found = new Set(judged.actions)
  if (rule.verdict === 'compatible' || rule.verdict === 'identical') found.delete('confirm')
  if (rule.verdict === 'breaking') found.add('confirm')
  return { verdict: rule.verdict, actions: rule.actions ? inOrder(new Set(rule.actions)) : inOrder(found) }
}
