import type { Choices } from './set.ts'

/** What a rule rests on: a fact from outside, or two rules of which it follows. */
export type Cause = Fact | readonly [Rule, Rule]

/** Something that was given, not concluded. */
export type Fact =
  | { readonly kind: 'needed'; readonly unit: number }
  | { readonly kind: 'demand'; readonly who: string; readonly name: string; readonly range: string }
  | {
      readonly kind: 'requires' | 'optional'
      readonly unit: number
      /** the choices of the unit that say so */
      readonly choices: Choices
      readonly name: string
      readonly range: string
      /** there is nothing that could satisfy it */
      readonly isHopeless: boolean
    }

/**
 * What must not be: that every one of these units is at one of these choices, at once. Absence is
 * a choice too. (PubGrub calls it an incompatibility.)
 */
export interface Rule {
  readonly terms: ReadonlyMap<number, Choices>
  readonly cause: Cause
}

/** The facts that a rule rests on, each once, in the order in which one would tell them. */
export function factsOf(rule: Rule): Fact[] {
  const facts = new Set<Fact>()
  const seen = new Set<Rule>()
  const open = [rule]
  for (let next = open.pop(); next; next = open.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    if (isFact(next.cause)) facts.add(next.cause)
    else open.push(next.cause[1], next.cause[0])
  }
  return [...facts]
}

const isFact = (cause: Cause): cause is Fact => !Array.isArray(cause)
