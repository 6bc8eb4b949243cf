import fc from 'fast-check'
import { expect, test } from 'vitest'
import { around, diffLines } from '../../dist/admin/page/diff.js'
import { frameOf, Sources } from '../../dist/control/sources.js'

const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map((lines) => lines.join('\n'))

test('a comparison holds both texts, and no more changes than it must', () => {
  const property = fc.property(text, text, (before, after) => {
    const lines = diffLines(before, after)
    const side = (kind: string) => lines.filter((line) => line.kind === 'same' || line.kind === kind)
    const join = (all: typeof lines) => all.map((line) => line.text).join('\n')
    expect(join(side('dropped'))).toBe(before)
    expect(join(side('added'))).toBe(after)
    const same = lines.filter(({ kind }) => kind === 'same').length
    expect(same).toBe(common(before.split('\n'), after.split('\n')))
  })
  fc.assert(property, { numRuns: 300 })
})

/** The length of the longest common subsequence, by its definition. */
function common([a, ...as]: readonly string[], [b, ...bs]: readonly string[]): number {
  const known = new Map<string, number>()
  const look = (i: number, j: number, x: readonly string[], y: readonly string[]): number => {
    if (i === x.length || j === y.length) return 0
    const key = `${i} ${j}`
    if (!known.has(key))
      known.set(
        key,
        x[i] === y[j] ? 1 + look(i + 1, j + 1, x, y) : Math.max(look(i + 1, j, x, y), look(i, j + 1, x, y)),
      )
    return known.get(key)!
  }
  return look(0, 0, [a!, ...as], [b!, ...bs])
}

test('texts too long to compare line by line are shown as replaced, at once', () => {
  const long = (word: string) => Array.from({ length: 5000 }, (_, i) => `${word} ${i}`).join('\n')
  const from = performance.now()
  const lines = diffLines(`same\n${long('old')}`, `same\n${long('new')}`)
  expect(performance.now() - from).toBeLessThan(2000)
  expect(lines).toHaveLength(10_001)
  expect(lines[0]!.kind).toBe('same')
})

test('what is the same is left out, but for the lines around a change', () => {
  const before = Array.from({ length: 40 }, (_, i) => `line ${i}`)
  const after = before.with(20, 'changed')
  const shown = around(diffLines(before.join('\n'), after.join('\n')), 2)
  expect(shown.map((line) => line?.text ?? '…')).toEqual([
    '…',
    'line 18',
    'line 19',
    'line 20',
    'changed',
    'line 21',
    'line 22',
    '…',
  ])
})

test('a frame shows the place, with a caret under it', () => {
  expect(frameOf('one\n\ttwo();\nthree', 2, 2)).toBe('  1 | one\n> 2 | \ttwo();\n    | \t^\n  3 | three')
  expect(frameOf('one', 2, 1)).toBeUndefined()
  expect(frameOf('one', 0, 1)).toBeUndefined()
  expect(frameOf('', 1, 1)).toBe('> 1 |\n    | ^')
  expect(frameOf(`${'x'.repeat(1000)}\ny`, 1, 900)!.split('\n')[0]).toHaveLength(160)
})

test('sources are forgotten oldest first, and never more than there is room for', () => {
  const sources = new Sources()
  const megabyte = (letter: string) => new TextEncoder().encode(letter.repeat(1024 * 1024))
  for (let i = 0; i < 20; i++) sources.read(`/unit-${i}.ts`, 'hash', megabyte(String(i % 10)))
  const artifact = (i: number) => ({
    id: `/unit-${i}.ts`,
    file: `/unit-${i}.ts`,
    hash: 'hash',
    code: 'as it runs',
  })
  const of = (i: number) => sources.of(artifact(i) as Parameters<typeof sources.of>[0])
  expect(of(0)).toEqual({ file: '/unit-0.ts', text: 'as it runs', isAsWritten: false })
  expect(of(19)).toMatchObject({ isAsWritten: true })
  expect([3, 4].map((i) => of(i).isAsWritten)).toEqual([false, true])
  expect(sources.latest('/unit-3.ts')).toBeUndefined()
})
