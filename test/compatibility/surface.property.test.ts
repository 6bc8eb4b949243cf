import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareSurfaces } from '../../dist/version/compatibility/surface-diff.js'
import { source, traffic } from './units.ts'

/** An export as the property knows it, beside the source that it makes. */
interface Model {
  readonly kind: 'function' | 'arrow' | 'class' | 'number' | 'text'
  /** `r` required, `o` optional, `d` with a default */
  readonly parameters: readonly ('r' | 'o' | 'd')[]
}

const parameter = {
  r: (i: number) => `p${i}: number`,
  o: (i: number) => `p${i}?: Map<string, number>`,
  d: (i: number) => `p${i} = ${i}`,
}

/** TypeScript wants optional parameters after required ones. */
const model: fc.Arbitrary<Model> = fc.record({
  kind: fc.constantFrom('function', 'arrow', 'class', 'number', 'text'),
  parameters: fc
    .array(fc.constantFrom('r', 'o', 'd'), { maxLength: 4 })
    .map((list) => [...list.filter((one) => one === 'r'), ...list.filter((one) => one !== 'r')]),
})

const surface = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), model, { noNullPrototype: true })

function write(name: string, { kind, parameters }: Model): string {
  const list = parameters.map((one, i) => parameter[one](i)).join(', ')
  switch (kind) {
    case 'function':
      return `export function ${name}<T>(${list}): void {}`
    case 'arrow':
      return `export const ${name} = (${list}): number => 1`
    case 'class':
      return `export class ${name} { constructor(${list}) {} }`
    case 'number':
      return `export const ${name}: number = -1`
    case 'text':
      return `const _${name} = 'x' as const\nexport { _${name} as ${name} }`
  }
}

const kindOf = ({ kind }: Model) => (kind === 'arrow' ? 'function' : kind)
const required = ({ parameters }: Model) => parameters.filter((one) => one === 'r').length

/** What the change of one export is, by the models alone. */
function expected(before: Model | undefined, after: Model | undefined): string | undefined {
  if (!before) return after && 'added'
  if (!after) return 'TICKSWAP_E_EXPORT_REMOVED'
  if (kindOf(before) !== kindOf(after)) return 'TICKSWAP_E_EXPORT_KIND'
  const isCalled = ['function', 'class'].includes(kindOf(before))
  if (!isCalled || required(after) <= required(before)) return undefined
  return kindOf(before) === 'class' ? 'TICKSWAP_E_EXPORT_SHAPE' : 'TICKSWAP_E_EXPORT_ARITY'
}

test('what is found between two sources is what was changed between them', () => {
  const read = (models: Record<string, Model>) => {
    const body = Object.entries(models).map(([name, each]) => write(name, each))
    return traffic(source({ body: body.join('\n') })).surface!
  }
  fc.assert(
    fc.property(surface, surface, (before, after) => {
      const changes = compareSurfaces(read(before), read(after), { file: 'home' })
      const found = new Map(changes.map(({ name, code }) => [name, code ?? 'added']))
      for (const name of ['a', 'b', 'c', 'd'])
        expect([name, found.get(name)]).toEqual([name, expected(before[name], after[name])])
    }),
    { numRuns: 150 },
  )
})
