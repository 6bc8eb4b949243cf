import type { Rule } from './rule.ts'
import {
  type Choices,
  count,
  fullSet,
  has,
  intersection,
  isDisjoint,
  isEmpty,
  isSubset,
  single,
  union,
  without,
} from './set.ts'

/** What the solver asks about the units, by index. The last choice of each is to be absent. */
export interface Domain {
  /** choices of each unit, absence included */
  readonly sizes: readonly number[]
  /** rules that hold whatever is chosen */
  readonly rules: readonly Rule[]
  /** the choice to try first, of those still allowed */
  prefer(unit: number, allowed: Choices): number
  /** the rules that come with a choice; asked once for each */
  rulesOf(unit: number, choice: number): readonly Rule[]
}

/** How much work it was. */
export interface Effort {
  readonly decisions: number
  readonly conflicts: number
}

export type Answer =
  | { readonly chosen: readonly number[]; readonly effort: Effort }
  | { readonly proof: Rule; readonly effort: Effort }

/** One step: the choices of a unit that are left after it, and why. */
interface Step {
  readonly unit: number
  readonly before: Choices
  readonly after: Choices
  readonly level: number
  /** undefined: it was chosen, not concluded */
  readonly cause: Rule | undefined
}

/** A rule laid out for looking through quickly. */
interface Listed {
  readonly rule: Rule
  readonly units: readonly number[]
  readonly terms: readonly Choices[]
}

/**
 * PubGrub: decide, conclude, and where that ends in a contradiction learn a rule from it that
 * rules out the same mistake everywhere, and go back as far as the rule allows. Complete: it
 * finds a choice for every unit when there is one, and otherwise a proof that there is none.
 */
class Solver {
  readonly #domain: Domain
  readonly #full: readonly Choices[]
  readonly #allowed: Choices[]
  readonly #rules: Listed[][]
  readonly #steps: Step[] = []
  /** indices into the steps of each unit */
  readonly #stepsOf: number[][]
  readonly #asked: Set<number>[]
  readonly #decided: boolean[]
  #level = 0
  #decisions = 0
  #conflicts = 0

  constructor(domain: Domain) {
    this.#domain = domain
    const { sizes } = domain
    this.#full = sizes.map(fullSet)
    this.#allowed = [...this.#full]
    this.#rules = sizes.map(() => [])
    this.#stepsOf = sizes.map(() => [])
    this.#asked = sizes.map(() => new Set())
    this.#decided = sizes.map(() => false)
  }

  solve(): Answer {
    for (const rule of this.#domain.rules) this.#add(rule)
    const units = this.#domain.sizes.map((_, unit) => unit)
    // A rule without terms is broken whatever is chosen.
    let proof = this.#domain.rules.find(({ terms }) => terms.size === 0) ?? this.#conclude(units)
    for (let turn = this.#turn(); turn && !proof; turn = this.#turn()) {
      this.#decide(turn.unit, turn.choice)
      proof = this.#conclude([turn.unit])
    }
    const effort = { decisions: this.#decisions, conflicts: this.#conflicts }
    if (proof) return { proof, effort }
    return { chosen: this.#allowed.map((allowed, unit) => this.#domain.prefer(unit, allowed)), effort }
  }

  #add(rule: Rule): void {
    const listed = { rule, units: [...rule.terms.keys()], terms: [...rule.terms.values()] }
    for (const unit of listed.units) this.#rules[unit]!.push(listed)
  }

  /** What to choose next; undefined when every unit that has to be there is decided. */
  #turn(): { unit: number; choice: number } | undefined {
    const unit = this.#nextNeeded()
    if (unit >= 0) return { unit, choice: this.#domain.prefer(unit, this.#allowed[unit]!) }
    return this.#nextInstead()
  }

  /** The unit with the fewest choices left among those that have to be there, -1 when all are decided. */
  #nextNeeded(): number {
    let best = -1
    let fewest = Number.POSITIVE_INFINITY
    for (let unit = 0; unit < this.#allowed.length; unit++) {
      if (this.#decided[unit] || this.#mayBeAbsent(unit)) continue
      const left = count(this.#allowed[unit]!)
      if (left >= fewest) continue
      best = unit
      fewest = left
      if (left === 1) break
    }
    return best
  }

  /** A unit that need not be there by itself, but one of several that can give what another needs. */
  #nextInstead(): { unit: number; choice: number } | undefined {
    for (let unit = 0; unit < this.#allowed.length; unit++) {
      if (!this.#mayBeAbsent(unit)) continue
      const rule = this.#rules[unit]!.find((it) => this.#breaksWhenAbsent(it.rule))?.rule
      const left = rule && without(this.#allowed[unit]!, rule.terms.get(unit)!)
      if (left && !isEmpty(left)) return { unit, choice: this.#domain.prefer(unit, left) }
    }
    return undefined
  }

  #mayBeAbsent(unit: number): boolean {
    return has(this.#allowed[unit]!, this.#domain.sizes[unit]! - 1)
  }

  #breaksWhenAbsent({ terms }: Rule): boolean {
    for (const [unit, term] of terms) {
      const isHeld = this.#mayBeAbsent(unit)
        ? has(term, this.#domain.sizes[unit]! - 1)
        : isSubset(this.#allowed[unit]!, term)
      if (!isHeld) return false
    }
    return true
  }

  /** Chooses for a unit, unless what comes with the choice rules it out at once. */
  #decide(unit: number, choice: number): void {
    const chosen = single(this.#domain.sizes[unit]!, choice)
    let isRuledOut = false
    if (!this.#asked[unit]!.has(choice)) {
      this.#asked[unit]!.add(choice)
      for (const rule of this.#domain.rulesOf(unit, choice)) {
        this.#add(rule)
        isRuledOut ||= this.#wouldBreak(rule, unit, chosen)
      }
    }
    if (isRuledOut) return
    this.#decisions++
    this.#level++
    this.#decided[unit] = true
    this.#step(unit, chosen, undefined)
  }

  #wouldBreak({ terms }: Rule, unit: number, chosen: Choices): boolean {
    for (const [other, term] of terms)
      if (!isSubset(other === unit ? chosen : this.#allowed[other]!, term)) return false
    return true
  }

  #step(unit: number, allowedNow: Choices, cause: Rule | undefined): void {
    const before = this.#allowed[unit]!
    const after = intersection(before, allowedNow)
    this.#stepsOf[unit]!.push(this.#steps.length)
    this.#steps.push({ unit, before, after, level: this.#level, cause })
    this.#allowed[unit] = after
  }

  /** Follows up what changed; gives the proof when nothing is possible any more. */
  #conclude(changed: number[]): Rule | undefined {
    const open = changed
    for (let unit = open.pop(); unit !== undefined; unit = open.pop()) {
      const rules = this.#rules[unit]!
      // From the end: what was learned last is the most telling.
      for (let i = rules.length - 1; i >= 0; i--) {
        const found = this.#look(rules[i]!)
        if (found === NOTHING) continue
        const { rule } = rules[i]!
        if (found !== BROKEN) {
          this.#forbid(found, rule)
          if (!open.includes(found)) open.push(found)
          continue
        }
        const learned = this.#learn(rule)
        if (!learned.isPossible) return learned.rule
        open.length = 0
        open.push(learned.unit)
        break
      }
    }
    return undefined
  }

  /** The one unit that a rule leaves open, BROKEN when all its terms hold, NOTHING otherwise. */
  #look({ units, terms }: Listed): number {
    let open = BROKEN
    for (let i = 0; i < units.length; i++) {
      const allowed = this.#allowed[units[i]!]!
      const term = terms[i]!
      if (isSubset(allowed, term)) continue
      if (open !== BROKEN || isDisjoint(allowed, term)) return NOTHING
      open = units[i]!
    }
    return open
  }

  #forbid(unit: number, rule: Rule): void {
    this.#step(unit, without(this.#allowed[unit]!, rule.terms.get(unit)!), rule)
  }

  /** From a broken rule, one that speaks of a single step of its level; goes back to before it. */
  #learn(broken: Rule): { isPossible: true; unit: number } | { isPossible: false; rule: Rule } {
    this.#conflicts++
    let rule = broken
    for (;;) {
      if (this.#holdsAlways(rule)) return { isPossible: false, rule: this.#proof(rule) }
      const { last, level } = this.#lastSatisfier(rule)
      const { unit, cause, level: lastLevel } = this.#steps[last]!
      if (!cause || level < lastLevel) {
        if (rule !== broken) this.#add(rule)
        this.#backTo(level)
        this.#forbid(unit, rule)
        return { isPossible: true, unit }
      }
      rule = resolvent(rule, cause, unit, this.#full[unit]!)
    }
  }

  /** Follows a rule that always holds back to the facts that make it hold. */
  #proof(held: Rule): Rule {
    let rule = held
    for (;;) {
      const { last } = this.#lastSatisfier(rule)
      if (last < 0) return rule
      const { unit, cause } = this.#steps[last]!
      rule = resolvent(rule, cause!, unit, this.#full[unit]!)
    }
  }

  /** Whether a rule is broken before anything is decided: then there is no way out. */
  #holdsAlways({ terms }: Rule): boolean {
    if (terms.size === 0) return true
    for (const [unit, term] of terms) {
      const step = this.#satisfier(unit, term)
      if (step >= 0 && this.#steps[step]!.level > 0) return false
    }
    return true
  }

  /** The first step after which a unit's choices are all in the term; -1: they were from the start. */
  #satisfier(unit: number, term: Choices): number {
    if (isSubset(this.#full[unit]!, term)) return -1
    const own = this.#stepsOf[unit]!
    let low = 0
    // Choices only ever become fewer, so the steps can be halved.
    for (let high = own.length - 1; low < high; ) {
      const middle = (low + high) >> 1
      if (isSubset(this.#steps[own[middle]!]!.after, term)) high = middle
      else low = middle + 1
    }
    return own[low]!
  }

  /** The step that completed a broken rule, and the level at which the rest of it held. */
  #lastSatisfier({ terms }: Rule): { last: number; level: number } {
    let last = -1
    let level = 0
    for (const [unit, term] of terms) {
      const step = this.#satisfier(unit, term)
      const earlier = Math.min(last, step)
      last = Math.max(last, step)
      if (earlier >= 0) level = Math.max(level, this.#steps[earlier]!.level)
    }
    return { last, level: Math.max(level, this.#partLevel(last, terms)) }
  }

  /** The level of the earlier steps of the same unit that the last one built upon. */
  #partLevel(last: number, terms: Rule['terms']): number {
    if (last < 0) return 0
    const { unit, cause, after } = this.#steps[last]!
    const full = this.#full[unit]!
    const own = cause ? without(full, cause.terms.get(unit)!) : after
    const term = terms.get(unit)!
    if (isSubset(own, term)) return 0
    const rest = union(term, without(full, own))
    const step = this.#satisfier(unit, rest)
    return step < 0 ? 0 : this.#steps[step]!.level
  }

  #backTo(level: number): void {
    for (let step = this.#steps.at(-1); step && step.level > level; step = this.#steps.at(-1)) {
      this.#steps.pop()
      this.#stepsOf[step.unit]!.pop()
      this.#allowed[step.unit] = step.before
      if (!step.cause) this.#decided[step.unit] = false
    }
    this.#level = level
  }
}

const NOTHING = -1
const BROKEN = -2

/** What follows from two rules that speak of one unit: it cannot be at a choice of either while the rest holds. */
function resolvent(rule: Rule, cause: Rule, pivot: number, full: Choices): Rule {
  const terms = new Map(rule.terms)
  for (const [unit, term] of cause.terms) {
    const held = terms.get(unit)
    if (unit === pivot || !held) continue
    terms.set(unit, intersection(held, term))
  }
  for (const [unit, term] of cause.terms) if (unit !== pivot && !terms.has(unit)) terms.set(unit, term)
  const either = union(rule.terms.get(pivot)!, cause.terms.get(pivot)!)
  if (isSubset(full, either)) terms.delete(pivot)
  else terms.set(pivot, either)
  return { terms, cause: [rule, cause] }
}

/** A choice for every unit that breaks no rule, or the proof that there is none. */
export const solve = (domain: Domain): Answer => new Solver(domain).solve()
