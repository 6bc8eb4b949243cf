import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Choice, type Resolved, resolve, type UnitChoices, Version } from '../../dist/index.js'
import { allSound, demands, graph, isSound } from './graphs.ts'

const choice = (version: string, more: Omit<Choice, 'version'> = {}): Choice => {
  return { version: Version.parse(version), ...more }
}
const unit = (name: string, ...choices: Choice[]): UnitChoices => ({ unit: name, choices })
const versionsOf = ({ chosen }: Resolved) =>
  Object.fromEntries([...chosen].map(([name, { version }]) => [name, version.toString()]))

function resolved(...units: UnitChoices[]): Resolved {
  const resolution = resolve({ units })
  if (!resolution.isResolved) throw new Error(resolution.sentence)
  return resolution
}

describe('against trying everything', () => {
  it('finds a set that satisfies everybody exactly when there is one', () => {
    fc.assert(
      fc.property(graph, demands, (units, wanted) => {
        const resolution = resolve({ units, demands: wanted })
        const all = allSound(units, wanted)
        expect(resolution.isResolved).toBe(all.length > 0)
        if (resolution.isResolved) expect(isSound(units, wanted, resolution.chosen)).toBe(true)
        else expect(resolution.chain.length).toBeGreaterThan(0)
      }),
      { numRuns: 1500 },
    )
  })

  it('changes no unit that could have stayed beside the others that stay', () => {
    fc.assert(
      fc.property(graph, demands, (units, wanted) => {
        const resolution = resolve({ units, demands: wanted })
        if (!resolution.isResolved) return
        const { chosen, changed } = resolution
        const stayed = units.filter(({ unit: name, choices }) => chosen.get(name) === choices[0])
        for (const sound of allSound(units, wanted)) {
          const keeps = stayed.every(({ unit: name, choices }) => sound.get(name) === choices[0])
          const spared = changed.filter((name) => {
            return sound.get(name) === units.find((each) => each.unit === name)!.choices[0]
          })
          if (keeps) expect(spared).toEqual([])
        }
      }),
      { numRuns: 800 },
    )
  })

  it('tells a chain that is impossible by itself: without the other requirements it still is', () => {
    fc.assert(
      fc.property(graph, (units) => {
        const plain = units.map(({ unit: name, choices }) => ({
          unit: name,
          choices: choices.map(({ version, requires }) => ({ version, requires })),
        }))
        const resolution = resolve({ units: plain as UnitChoices[] })
        if (resolution.isResolved) return
        const told = plain.map(({ unit: name, choices }) => ({
          unit: name,
          choices: choices.map(({ version, requires = {} }) => ({
            version,
            requires: Object.fromEntries(
              Object.entries(requires).filter(([needed, range]) =>
                resolution.chain.some(
                  (clause) => clause.startsWith(`${name} `) && clause.includes(`${needed} ${range}`),
                ),
              ),
            ),
          })),
        }))
        expect(resolve({ units: told as UnitChoices[] }).isResolved).toBe(false)
      }),
      { numRuns: 800 },
    )
  })
})

describe('resolve', () => {
  it('keeps what runs where that satisfies everybody', () => {
    const answer = resolved(
      unit('roads', choice('1.4.0'), choice('2.0.0')),
      unit('traffic', choice('1.0.0', { requires: { roads: '>=1' } }), choice('2.0.0')),
    )
    expect([versionsOf(answer), answer.changed]).toEqual([{ roads: '1.4.0', traffic: '1.0.0' }, []])
  })

  it('says which stored version would satisfy everybody', () => {
    const answer = resolved(
      unit('roads', choice('1.0.0')),
      unit(
        'traffic',
        choice('1.4.0', { requires: { roads: '^2.0.0' } }),
        choice('1.3.0', { requires: { roads: '^1.0.0' } }),
      ),
    )
    expect([versionsOf(answer), answer.changed]).toEqual([{ roads: '1.0.0', traffic: '1.3.0' }, ['traffic']])
  })

  it('explains a conflict as a chain', () => {
    const answer = resolve({
      units: [
        unit('economy', choice('3.0.0', { requires: { roads: '^2.0.0' } })),
        unit('traffic', choice('1.4.0', { requires: { roads: '^1.0.0' } })),
        unit('roads', choice('1.9.0'), choice('2.1.0')),
      ],
    })
    expect(answer).toMatchObject({ isResolved: false })
    if (!answer.isResolved)
      expect([...answer.chain].sort()).toEqual([
        'economy 3.0.0 needs roads ^2.0.0',
        'traffic 1.4.0 needs roads ^1.0.0',
      ])
  })

  it('names what is missing, and what the engine asks for', () => {
    const units = [unit('economy', choice('3.0.0', { requires: { rail: '^1.0.0' } }))]
    expect(resolve({ units })).toMatchObject({
      chain: ['economy 3.0.0 needs rail ^1.0.0, which no unit is or provides'],
    })
    const wanted = [{ who: 'the engine', unit: 'economy', range: '^4.0.0' }]
    const asked = resolve({ units: [unit('economy', choice('3.0.0'))], demands: wanted })
    expect(asked).toMatchObject({ chain: ['the engine uses economy ^4.0.0'] })
    expect(resolve({ units: [unit('economy')] })).toMatchObject({ chain: ['there is no version of economy'] })
  })

  it('looks at what is optional only where it is there', () => {
    const signs = { optional: { signs: '^2.0.0' } }
    expect(resolved(unit('roads', choice('1.0.0', signs))).changed).toEqual([])
    const both = resolved(
      unit('roads', choice('1.0.0', signs), choice('0.9.0')),
      unit('signs', choice('1.0.0')),
    )
    expect(versionsOf(both)).toEqual({ roads: '0.9.0', signs: '1.0.0' })
  })

  it('binds dependents to the newest interface that both know, each to its own', () => {
    const traffic = choice('3.2.0', { provides: { traffic: ['1', '2'] } })
    const answer = resolved(
      unit('traffic', traffic),
      unit('old', choice('1.0.0', { requires: { traffic: '^1' } })),
      unit('both', choice('1.0.0', { requires: { traffic: '1 || 2' } })),
      unit('new', choice('1.0.0', { requires: { traffic: '>=2 <4' } })),
    )
    expect(answer.bindings.map(({ unit: name, version }) => [name, version])).toEqual([
      ['old', '1'],
      ['both', '2'],
      ['new', '2'],
    ])
    const tooNew = unit('newer', choice('1.0.0', { requires: { traffic: '^4' } }))
    expect(resolve({ units: [unit('traffic', traffic), tooNew] }).isResolved).toBe(false)
  })

  it('orders units after what they need; those that need each other are one group', () => {
    const needs = (...names: string[]) => ({ requires: Object.fromEntries(names.map((name) => [name, '*'])) })
    const answer = resolved(
      unit('d', choice('1.0.0', needs('b'))),
      unit('b', choice('1.0.0', needs('a', 'c'))),
      unit('c', choice('1.0.0', needs('b'))),
      unit('a', choice('1.0.0')),
    )
    expect(answer.order).toEqual([['a'], ['b', 'c'], ['d']])
  })

  it('refuses a unit that requires itself, or is there twice', () => {
    const selfish = unit('a', choice('1.0.0', { requires: { a: '^1.0.0' } }))
    expect(() => resolve({ units: [selfish] })).toThrow(/TICKSWAP_E_CYCLE: a 1.0.0 requires itself/)
    const twice = [unit('a', choice('1.0.0')), unit('a', choice('2.0.0'))]
    expect(() => resolve({ units: twice })).toThrow(/TICKSWAP_E_UNIT_DUPLICATE/)
    const badRange = unit('a', choice('1.0.0', { requires: { b: 'x.y' } }))
    expect(() => resolve({ units: [badRange] })).toThrow(/TICKSWAP_E_CONSTRAINT_INVALID/)
  })

  it('solves a circle whose versions go together, and tells one that no versions close', () => {
    const circle = (b: readonly string[]) =>
      resolve({
        units: [
          unit('a', ...['1.0.0', '2.0.0'].map((v) => choice(v, { requires: { b: `^${v[0]}` } }))),
          unit('b', ...b.map((v) => choice(v, { requires: { a: `^${3 - Number(v[0])}` } }))),
        ],
      })
    const torn = circle(['1.0.0', '2.0.0'])
    expect(torn).toMatchObject({ isResolved: false })
    expect(torn.isResolved ? [] : torn.chain.toSorted()).toEqual([
      'a 1.0.0 needs b ^1',
      'a 2.0.0 needs b ^2',
      'b 1.0.0 needs a ^2',
      'b 2.0.0 needs a ^1',
    ])
    const units = [
      unit('a', choice('1.0.0', { requires: { b: '^2' } }), choice('2.0.0', { requires: { b: '^2' } })),
      unit('b', choice('2.0.0', { requires: { a: '^2' } })),
    ]
    expect(resolve({ units })).toMatchObject({ isResolved: true, changed: ['a'], order: [['a', 'b']] })
  })

  it('takes a later save of a prerelease for what was required by number', () => {
    const units = [
      unit('roads', choice('1.4.2-rc.1.17')),
      unit('traffic', choice('1.0.0', { requires: { roads: '1.4.2-rc.1' } })),
    ]
    expect(resolve({ units }).isResolved).toBe(true)
  })

  it('takes a chain of 20,000 units that need each other in a circle', () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `u${i}`)
    const units = names.map((name, i) =>
      unit(name, choice('1.0.0', { requires: { [names[(i + 1) % names.length]!]: '^1' } })),
    )
    expect(resolved(...units.slice(0, 500), unit('u500', choice('1.0.0'))).order).toHaveLength(501)
    const needs = new Map(names.map((name, i) => [name, [names[(i + 1) % names.length]!]]))
    return import('../../dist/index.js').then(({ loadOrder }) => expect(loadOrder(needs)).toHaveLength(1))
  })

  it('learns from a conflict instead of trying everything', () => {
    const most = 20
    const majors = Array.from({ length: most }, (_, i) => most - i)
    const chain = Array.from({ length: 50 }, (_, at) =>
      unit(
        `u${at}`,
        ...majors.map((major) =>
          choice(`${major}.0.0`, {
            requires: at < 49 ? { [`u${at + 1}`]: `>=${major}` } : { end: `^${major}` },
          }),
        ),
      ),
    )
    const answer = resolved(...chain, unit('end', choice('1.0.0')))
    expect(new Set(Object.values(versionsOf(answer)))).toEqual(new Set(['1.0.0']))
    expect(answer.effort.decisions).toBeLessThanOrEqual(50 * most + 1)
  })
})
