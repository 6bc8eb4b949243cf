import fc from 'fast-check'
import { type Choice, Constraint, type Demand, type UnitChoices, Version } from '../../dist/index.js'

const NAMES = ['a', 'b', 'c', 'd', 'e']
const range = fc.constantFrom('^1', '^2', '*', '>=2', '1.0.0', '<3', '3', '^1 || ^3')
/** `i` is an interface that no unit is named after, `z` is nothing at all. */
const needed = fc.constantFrom(...NAMES, ...NAMES, 'i', 'z')

const ranges = (most: number) => fc.array(fc.tuple(needed, range), { maxLength: most })
const offered = fc.constantFrom(['1'], ['1', '2'], ['2', '3'])

const choice = (unit: string): fc.Arbitrary<Choice> =>
  fc
    .record({
      major: fc.integer({ min: 1, max: 3 }),
      requires: ranges(2),
      optional: ranges(1),
      provides: fc.option(fc.tuple(fc.constantFrom('i', unit), offered), { freq: 3 }),
    })
    .map(({ major, requires, optional, provides }) => ({
      version: Version.parse(`${major}.0.0`),
      requires: Object.fromEntries(requires.filter(([name]) => name !== unit)),
      optional: Object.fromEntries(optional.filter(([name]) => name !== unit)),
      provides: provides ? { [provides[0]]: provides[1] } : {},
    }))

const unitOf = (unit: string): fc.Arbitrary<UnitChoices> =>
  fc
    .record({ choices: fc.array(choice(unit), { minLength: 1, maxLength: 3 }), isNeeded: fc.nat(3) })
    .map((made) => ({ unit, choices: made.choices, ...(made.isNeeded === 0 && { isNeeded: false }) }))

/** Two to five units with one to three versions each, and sometimes something the engine wants. */
export const graph = fc
  .integer({ min: 2, max: 5 })
  .chain((count) => fc.tuple(...NAMES.slice(0, count).map(unitOf)))
export const demands: fc.Arbitrary<Demand[]> = fc.array(
  fc.tuple(needed, range).map(([unit, wanted]) => ({ who: 'the engine', unit, range: wanted })),
  { maxLength: 1 },
)

type Picked = ReadonlyMap<string, Choice>

function isGiven(present: Picked, name: string, wanted: string): boolean {
  const constraint = Constraint.parse(wanted)
  return [...present].some(([unit, { version, provides }]) => {
    const offers = (provides?.[name] ?? []).some((each) => constraint.matches(`${each}.0.0`))
    return offers || (unit === name && constraint.matches(version))
  })
}

/** Whether a choice for each unit satisfies everybody, worked out in the plainest way. */
export function isSound(units: readonly UnitChoices[], wanted: readonly Demand[], present: Picked): boolean {
  if (units.some(({ unit, isNeeded }) => isNeeded !== false && !present.has(unit))) return false
  if (!wanted.every(({ unit, range: asked }) => isGiven(present, unit, asked))) return false
  return [...present.values()].every(({ requires = {}, optional = {} }) => {
    const isOptionalMet = ([name, asked]: [string, string]) =>
      !present.has(name) || isGiven(new Map([[name, present.get(name)!]]), name, asked)
    const isMet = ([name, asked]: [string, string]) => isGiven(present, name, asked)
    return Object.entries(requires).every(isMet) && Object.entries(optional).every(isOptionalMet)
  })
}

/** Every choice there is that satisfies everybody. */
export function allSound(units: readonly UnitChoices[], wanted: readonly Demand[]): Picked[] {
  let all: Map<string, Choice>[] = [new Map()]
  for (const { unit, choices } of units)
    all = all.flatMap((made) => [made, ...choices.map((each) => new Map(made).set(unit, each))])
  return all.filter((made) => isSound(units, wanted, made))
}
