import type { Finding } from '../errors.ts'
import { type Candidate, Company, checkCandidate, Member } from '../version/compatibility/check.ts'
import type { UnitDescriptor } from '../version/compatibility/descriptor.ts'
import type { FlagPolicy } from '../version/compatibility/flag-policy.ts'
import { RuleBook } from '../version/compatibility/rules.ts'
import { compareVersions } from '../version/compatibility/transition.ts'
import { type Action, inOrder, type Verdict, worse } from '../version/compatibility/verdict.ts'
import type { Catalog, Edition, UnitEntry } from './catalog.ts'
import { type Described, describe } from './describe.ts'
import { knownRules, type RulesOption } from './rules-option.ts'

/** One word for the whole swap, what to do, and why. */
export interface Assessment {
  readonly verdict: Verdict
  readonly actions: readonly Action[]
  readonly findings: readonly Finding[]
}

/** The versions of a unit that a store keeps. */
export type KeptVersions = (unit: string) => readonly UnitDescriptor[]

/** Compares candidates with what runs, by the rules and the flags of this runtime. */
export class Compatibility {
  readonly #catalog: Catalog
  readonly #rules: RuleBook
  readonly #policy: FlagPolicy
  readonly #company = new Company([])
  readonly #members = new WeakMap<Edition, Member>()
  readonly #kept: KeptVersions

  /**
   * @param kept versions that ran before this start
   * @throws TickswapError RULES_INVALID
   */
  constructor(
    catalog: Catalog,
    { rules, flags }: { readonly rules: RulesOption | undefined; readonly flags: FlagPolicy },
    kept: KeptVersions,
  ) {
    this.#catalog = catalog
    this.#kept = kept
    this.#rules = new RuleBook(knownRules(rules))
    this.#policy = flags
  }

  /**
   * Works out ahead what following the running version means.
   * @param impassable stored versions that state cannot go by
   */
  stage(
    entry: UnitEntry | undefined,
    candidate: Described,
    impassable: ReadonlySet<string> = new Set(),
  ): Candidate {
    const member = new Member(describe(candidate))
    const stored = entry ? this.#stored(entry) : []
    const walkable = stored.filter(({ version }) => !impassable.has(version))
    const terms = { rules: this.#rules, policy: this.#policy, stored, walkable }
    const from = entry && this.#member(entry.running).descriptor
    return { member, transition: compareVersions(from, member.descriptor, terms) }
  }

  /** Checks candidates that change together against everything that runs. */
  assess(candidates: readonly Candidate[], more: readonly Finding[]): Assessment {
    for (const { running } of this.#catalog.units.values()) {
      const member = this.#member(running)
      if (this.#company.get(member.name) !== member) this.#company.set(member)
    }
    const moving = new Map(candidates.map((candidate) => [candidate.member.name, candidate]))
    const judged = candidates.map((candidate) => checkCandidate(candidate, this.#company, moving))
    const findings = [...more, ...judged.flatMap((each) => each.findings)]
    const actions = inOrder(new Set(judged.flatMap((each) => each.actions)))
    if (!findings.some(({ severity }) => severity === 'error'))
      return { verdict: judged.map(({ verdict }) => verdict).reduce(worse, 'identical'), actions, findings }
    const refusal = actions.includes('migrate-manual')
      ? (['migrate-manual', 'reject'] as const)
      : (['reject'] as const)
    return { verdict: 'incompatible', actions: refusal, findings }
  }

  #stored(entry: UnitEntry): UnitDescriptor[] {
    const ran = entry.editions.map((edition) => this.#member(edition).descriptor)
    const known = new Set(ran.map(({ version }) => version))
    return [...this.#kept(entry.name).filter(({ version }) => !known.has(version)), ...ran]
  }

  #member(edition: Edition): Member {
    let member = this.#members.get(edition)
    if (!member) {
      member = new Member(describe(edition))
      this.#members.set(edition, member)
    }
    return member
  }
}
