import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cases } from './cases.ts'
import { runCases } from './run-cases.ts'

interface Outcome {
  results: { value?: string; error?: string; message?: string; thrown?: string; awaits?: true }[]
  logged: string[]
}

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tickswap-conformance-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const plan = cases.map(({ imports = ['main.js'] }, index) => ({ key: `case-${index}`, imports }))
for (const [index, { files }] of cases.entries()) {
  for (const [name, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) {
    const path = join(folder, `case-${index}`, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}
writeFileSync(join(folder, 'cases.json'), JSON.stringify(plan))

const native = runCases<Outcome>('native', folder)
const loader = runCases<Outcome>('loader', folder)
const participant = runCases<Outcome>('participant', folder)

const comparable = ({ results, logged }: Outcome, messages = false) => ({
  logged,
  results: messages ? results : results.map(({ message: _, ...rest }) => rest),
})

test.each(cases.map((each, index) => [each.name, index] as const))('%s', (_, index) => {
  const { messages, imports, notInParticipants } = cases[index]!
  const key = `case-${index}`
  const expected = comparable(native[key]!, messages)
  expect(comparable(loader[key]!, messages)).toEqual(expected)
  // A participant cannot await, and has nobody who would ask it for a second file.
  if (participant[key]!.results.some((result) => result.awaits) || imports || notInParticipants) return
  expect(comparable(participant[key]!, messages), 'in a participant').toEqual(expected)
})

test('most cases say something about participants', () => {
  const awaiting = Object.values(participant).filter(({ results }) => results.some(({ awaits }) => awaits))
  expect(awaiting.length).toBeLessThan(cases.length / 5)
})
