import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TickswapError } from '../../dist/errors.js'
import { Constraint, Version } from '../../dist/index.js'
import { readRules } from '../../dist/version/compatibility/rules.js'
import { readRulesFile } from '../../dist/version/compatibility/rules-file.js'
import { flagBits, flagSet } from '../../dist/version/flags.js'
import { negotiate } from '../../dist/version/resolve/interfaces.js'
import { resolve } from '../../dist/version/resolve/resolve.js'
import { PATIENCE } from '../support/patience.ts'
import { hostileText, wildRange } from './texts.ts'

const version = Version.parse('1.2.3-rc.1')
const range = Constraint.parse('^1.2.3')

/** Everything that takes a text from somebody. */
// biome-ignore lint/suspicious/noExplicitAny: what is given is of no type that is allowed
const ENTRIES: Record<string, (given: any) => unknown> = {
  'Version.parse': (x) => Version.parse(x),
  flags: (x) => Version.parse('1.0.0', { flags: x }),
  timestamp: (x) => Version.parse('1.0.0', { timestamp: x }),
  hash: (x) => Version.parse('1.0.0', { hash: x }),
  isValid: (x) => [Version.isValid(x), Constraint.isValid(x)],
  compare: (x) => Version.compare(x, version),
  increment: (x) => version.increment(x),
  identifier: (x) => version.increment('prerelease', x),
  base: (x) => version.increment('prerelease', 'rc', x),
  has: (x) => version.has(x),
  withBuild: (x) => version.withBuild(x),
  fromRecord: (x) => Version.fromRecord(x),
  'Constraint.parse': (x) => Constraint.parse(x),
  options: (x) => Constraint.parse('*', x),
  requiredFlags: (x) => Constraint.parse('*', { requiredFlags: x }),
  'flags of a range': (x) => Constraint.parse('*', { flags: x }),
  matches: (x) => range.matches(x),
  accepts: (x) => range.accepts(x),
  best: (x) => range.best([x]),
  intersects: (x) => range.intersects(x),
  subset: (x) => range.subset(x),
  explain: (x) => range.explain(x),
  flagBits: (x) => flagBits(x),
  flagSet: (x) => flagSet(x),
  interface: (x) => negotiate([x], range),
  rules: (x) => readRules(x, 'here'),
  rule: (x) => readRules([x], 'here'),
  'parts of a rule': (x) =>
    readRules([{ unit: x, from: x, to: x, verdict: x, actions: x, reason: x }], 'here'),
  'range of a rule': (x) => readRules([{ unit: 'a', from: x, verdict: 'breaking', reason: 'b' }], 'here'),
  'rules file': (x) => readRulesFile(String(x), 'rules.yaml'),
  requirement: (x) => resolve({ units: [{ unit: 'a', choices: [{ version, requires: { b: x } }] }] }),
}

/** Texts stay short in messages, and errors are always of one kind. */
function survives(name: string, given: unknown): void {
  try {
    ENTRIES[name]!(given)
  } catch (error) {
    expect(error, name).toBeInstanceOf(TickswapError)
    expect((error as Error).message.length, name).toBeLessThan(2000)
  }
}

const NO_TEXTS = [undefined, null, 0, Number.NaN, -1, 2 ** 40, 1n, true, Symbol('x'), {}, ['x'], () => 1]
const LONG = ['1', '1.', '>=', '^', 'x', '-', '1.0.0-a.', '||', ' ', '{', '- a\n', 'é']

test.each(Object.keys(ENTRIES))(
  '%s takes any text and any value, up to a megabyte, in bounded time',
  (name) => {
    const from = performance.now()
    for (const given of NO_TEXTS) if (name !== 'rules file') survives(name, given)
    for (const piece of LONG)
      survives(name, piece.repeat(name === 'rules file' ? 20_000 : 1e6 / piece.length))
    // Anything that is not linear takes minutes.
    expect(performance.now() - from).toBeLessThan(10_000 * PATIENCE)
    fc.assert(
      fc.property(fc.oneof(hostileText, wildRange, fc.string(), fc.anything()), (given) => {
        if (name !== 'rules file' || typeof given === 'string') survives(name, given)
      }),
      { numRuns: 100 },
    )
  },
)
