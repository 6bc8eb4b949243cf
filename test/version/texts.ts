import fc from 'fast-check'

/** Few values, so that ties and near misses are common, and some extreme ones. */
const part = fc.oneof(fc.nat(3), fc.constantFrom(10, 4294967295))
const identifier = fc.oneof(
  { weight: 4, arbitrary: fc.nat(3).map(String) },
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'rc', 'alpha', '-', '1a', '0a', 'A', 'a-1') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('4294967296', '9007199254740991', '9007199254740993', '99999999999999999999'),
  },
)
const prerelease = fc
  .array(identifier, { maxLength: 4 })
  .map((all) => (all.length ? `-${all.join('.')}` : ''))
const metadata = fc.constantFrom('', '', '+g0a1b', '+1.2')

/** A version in node-semver's grammar whose numbers fit into a key. */
export const semverText = fc
  .tuple(part, part, part, prerelease, metadata)
  .map(([major, minor, patch, pre, meta]) => `${major}.${minor}.${patch}${pre}${meta}`)

const bound = fc
  .tuple(fc.constantFrom('', '^', '~', '>', '>=', '<', '<=', '='), semverText)
  .map(([operator, text]) => operator + text)
const partial = fc.constantFrom(
  '*',
  '',
  '1',
  '1.x',
  '~1.2',
  '^0',
  '<2',
  '>=1 <3',
  '1 - 2.1',
  '^1.2.3-0',
  '>=0.0.0-0',
)
const alternative = fc.oneof(
  bound,
  partial,
  fc.tuple(bound, bound).map((all) => all.join(' ')),
  fc.tuple(semverText, semverText).map((all) => all.join(' - ')),
)

/** A range in node-semver's grammar, no longer than a constraint may be. */
export const rangeText = fc
  .array(alternative, { minLength: 1, maxLength: 3 })
  .map((all) => all.join(' || '))
  .filter((text) => text.length <= 256)

const wildPart = fc.constantFrom('0', '1', '2', '10', 'x', 'X', '*', '01', '4294967296', '9007199254740992')
const wildPlain = fc
  .tuple(
    fc.constantFrom('', '', '', 'v', '=', 'v=', ' '),
    fc.array(wildPart, { minLength: 1, maxLength: 3 }),
    prerelease,
    metadata,
  )
  .map(([prefix, parts, pre, meta]) => prefix + parts.join('.') + (parts.length === 3 ? pre : '') + meta)
const wildBound = fc
  .tuple(fc.constantFrom('', '^', '~', '~>', '>', '>=', '<', '<=', '=', '> ', '^ ', '~> ', '=='), wildPlain)
  .map((all) => all.join(''))
const noise = fc.constantFrom(
  '*',
  'x',
  '.',
  '-',
  ' ',
  '~',
  '^',
  '>',
  '<',
  '=',
  '|',
  '1',
  '0',
  'v',
  '+',
  '\t',
  'a',
)

/** Ranges with every oddity that node-semver takes, and with a character too many here and there. */
export const wildRange = fc
  .tuple(
    fc.array(
      fc.oneof(
        fc.array(wildBound, { maxLength: 3 }).map((all) => all.join(' ')),
        fc.tuple(wildPlain, wildPlain).map((all) => all.join(' - ')),
      ),
      { minLength: 1, maxLength: 3 },
    ),
    fc.option(fc.tuple(fc.nat(40), noise), { freq: 4 }),
  )
  .map(([alternatives, extra]) => {
    const text = alternatives.join(' || ')
    return extra ? text.slice(0, extra[0]) + extra[1] + text.slice(extra[0]) : text
  })

/** Text of the characters that versions and ranges are made of, and any text at all. */
export const hostileText = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'0129.xX*^~<>=|- +va'), maxLength: 30 }),
  fc.string({ maxLength: 30 }),
)
