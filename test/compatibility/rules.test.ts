import fc from 'fast-check'
import { satisfies } from 'semver'
import { describe, expect, test } from 'vitest'
import { TickswapError } from '../../dist/errors.js'
import { RuleBook, readRules } from '../../dist/version/compatibility/rules.js'
import { readRulesFile } from '../../dist/version/compatibility/rules-file.js'
import { Version } from '../../dist/version/version.js'
import { PATIENCE } from '../support/patience.ts'

const thrown = (run: () => unknown): TickswapError => {
  try {
    run()
  } catch (error) {
    if (error instanceof TickswapError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('a rules file', () => {
  const good =
    'rules:\n  - { unit: traffic, from: 1.x, to: 2.x, verdict: breaking, actions: [confirm], reason: new lanes }\n'

  test('in YAML and in JSON', () => {
    const [rule] = readRulesFile(good, 'rules.yaml')
    expect(rule).toMatchObject({
      unit: 'traffic',
      verdict: 'breaking',
      actions: ['confirm'],
      reason: 'new lanes',
    })
    expect(rule!.source).toBe('rules.yaml:2:5')
    const json = JSON.stringify({ rules: [{ unit: 'a', verdict: 'compatible', reason: 'b' }] })
    expect(readRulesFile(json, 'rules.json')[0]).toMatchObject({ unit: 'a', source: 'rules.json:1:11' })
  })

  test.each([
    ['rules: [', 1, 9, ''],
    ['rules:\n  - unit: a\n   verdict: b\n', 3, 1, ''],
    ['- a', 1, 1, 'it holds `rules:` and a list'],
    ['rules: {}', 1, 8, 'array'],
    ['other: 1\nrules: []', 1, 8, 'other'],
    ['rules:\n  - unit: a\n    verdict: breaking\n', 2, 5, 'reason'],
    ['rules:\n  - unit: a\n    verdict: fine\n    reason: b\n', 3, 14, 'identical, compatible'],
    [
      'rules:\n  - unit: a\n    verdict: breaking\n    reason: b\n    actions: [explode]\n',
      5,
      15,
      'rollback-available',
    ],
    ['rules:\n  - unit: a\n    verdict: breaking\n    reason: b\n    form: 1.x\n', 5, 11, 'form'],
    [
      'rules:\n  - unit: a\n    verdict: breaking\n    reason: b\n    from: "1..2"\n',
      5,
      11,
      'rule 1, from: "1..2" is no range',
    ],
    ['', 1, 1, 'it holds `rules:`'],
    ['a: &a [*a, *a]\nrules: *a\n', 1, 7, ''],
  ])('%j is refused at line %i, column %i', (text, line, column, words) => {
    const { code, finding } = thrown(() => readRulesFile(text, 'rules.yaml'))
    expect(code).toBe('TICKSWAP_E_RULES_INVALID')
    expect(finding).toMatchObject({ file: 'rules.yaml', line, column })
    expect(finding.message).toContain(words)
  })

  test('never throws anything else, whatever the text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^rules:\n {2}- [a-z:{}[\]&*!|> ,\n-]{0,60}$/),
      fc.json(),
    )
    fc.assert(
      fc.property(text, (given) => {
        try {
          readRulesFile(given, 'rules.yaml')
        } catch (error) {
          expect(error).toBeInstanceOf(TickswapError)
          expect((error as TickswapError).code).toBe('TICKSWAP_E_RULES_INVALID')
        }
      }),
      { numRuns: 300 },
    )
  })
})

test.each([
  [[7], 'a rule is an object'],
  [[{}], '`unit` must name'],
  [[{ unit: 'a', verdict: 'no', reason: 'b' }], '`verdict` is one of'],
  [[{ unit: 'a', verdict: 'breaking', reason: ' ' }], '`reason`'],
  [[{ unit: 'a', verdict: 'breaking', reason: 'b', when: 1 }], 'there is no `when`'],
  [[{ unit: 'a', verdict: 'breaking', reason: 'b', from: 'x.y' }], '`from`'],
  [[{ unit: 'a', verdict: 'breaking', reason: 'b', actions: ['run'] }], '`actions`'],
])('rules %j are refused', (rules, words) => {
  const { code, message } = thrown(() => readRules(rules, 'here'))
  expect(code).toBe('TICKSWAP_E_RULES_INVALID')
  expect(message).toContain('here, rule 1')
  expect(message).toContain(words)
})

const numbers = ['1.0.0', '1.2.0', '1.2.3', '1.2.7', '1.9.9', '2.0.0', '2.5.1', '3.0.0']
const range = fc.constantFrom(
  '*',
  '1.x',
  '^1.2.0',
  '~1.2.0',
  '>=2',
  '<1.2.3',
  '1.0.0',
  '>1.2.3 <2.5.0',
  '3.x || 1.0.x',
)
const rule = fc.record({
  unit: fc.constantFrom('a', 'b'),
  from: range,
  to: range,
  verdict: fc.constantFrom('compatible', 'breaking'),
  reason: fc.constant('because'),
})

test('two rules contradict each other if a transition is about both, and only then', () => {
  fc.assert(
    fc.property(rule, rule, (one, other) => {
      const both = numbers.some((version) => satisfies(version, one.from) && satisfies(version, other.from))
      const too = numbers.some((version) => satisfies(version, one.to) && satisfies(version, other.to))
      const expected = one.unit === other.unit && one.verdict !== other.verdict && both && too
      const make = () => new RuleBook(readRules([one, other], 'test'))
      if (expected) expect(thrown(make).code).toBe('TICKSWAP_E_RULES_INVALID')
      else make()
    }),
    { numRuns: 500 },
  )
})

test('thousands of rules are read in a time that people do not notice', () => {
  const text = Array.from(
    { length: 2000 },
    (_, i) =>
      `{unit: a, from: ${i}.0.0, to: '>=${i}.0.1 <${i + 1}', verdict: ${i % 2 ? 'breaking' : 'compatible'}, reason: b}`,
  )
  const from = performance.now()
  const book = new RuleBook(readRulesFile(`rules: [${text.join(',')}]`, 'rules.yaml'))
  // Two million pairs; parsing ranges for each of them would take a minute.
  expect(performance.now() - from).toBeLessThan(10_000 * PATIENCE)
  expect(book.find('a', Version.parse('7.0.0'), Version.parse('7.0.1'))!.verdict).toBe('breaking')
})

test('a book finds the rule whose ranges hold both versions', () => {
  fc.assert(
    fc.property(rule, fc.constantFrom(...numbers), fc.constantFrom(...numbers), (one, from, to) => {
      const found = new RuleBook(readRules([one], 'test')).find('a', Version.parse(from), Version.parse(to))
      expect(found !== undefined).toBe(one.unit === 'a' && satisfies(from, one.from) && satisfies(to, one.to))
    }),
    { numRuns: 300 },
  )
})
