import { afterEach, expect, test } from 'vitest'
import { Project } from '../loader/project.ts'
import { Debugger } from './debugger.ts'
import { marks } from './places.ts'

const HELPER = `export type Amount = number
export function twice(amount: Amount): number {
  /*!twice*/return amount * 2
}
`
const MAIN = `export const first = (n: number): number => { /*!first*/return n + 1 }
import { twice } from './helper.ts'
import type { Amount } from './helper.ts'
export let total: Amount = 0
export function add(amount: Amount): number {
  const sum: number = /*!sum*/twice(amount) + 1
  /*!write*/total += sum
  /*!answer*/return total
}
export class Car {
  readonly speed: Amount = 1
  drive(seconds: number): number { return this./*!drive*/speed * seconds }
}
export const arrow = (n: number): number => /*!arrow*/twice(n) - 1
export async function later(): Promise<number> {
  await null
  /*!later*/return 1
}
/*!last*/console.assert(total === 0)
`

type Main = Record<string, (...args: unknown[]) => unknown>
let project: Project
let debug: Debugger
afterEach(() => {
  debug.close()
  project.close()
})

async function start(): Promise<Main> {
  project = new Project({ 'main.ts': MAIN, 'helper.ts': HELPER })
  debug = new Debugger()
  return (await project.boot('main.ts')) as Main
}

const call: Record<string, (main: Main) => unknown> = {
  first: (main) => main.first!(1),
  sum: (main) => main.add!(1),
  write: (main) => main.add!(1),
  answer: (main) => main.add!(1),
  drive: (main) => new (main.Car as unknown as new () => Main)().drive!(2),
  arrow: (main) => main.arrow!(1),
  later: (main) => main.later!(),
}

// The others share their line with a declaration, which V8 takes instead, here as natively.
test.each(['sum', 'write', 'answer', 'later'])(
  'a breakpoint at the line of %s is bound and hit there',
  async (name) => {
    const main = await start()
    const place = marks(project.path('main.ts'), MAIN)[name]!
    const [bound] = debug.break(place.file, place.line)
    expect(bound!.line).toBe(place.line)
    await call[name]!(main)
    expect(debug.paused).toEqual([{ file: place.file, ...bound }])
  },
)

test.each(Object.keys(call))('a breakpoint at the column of %s is bound and hit there', async (name) => {
  const main = await start()
  const place = marks(project.path('main.ts'), MAIN)[name]!
  expect(debug.break(place.file, place.line, place.column)).toEqual([
    { line: place.line, column: place.column },
  ])
  await call[name]!(main)
  expect(debug.paused).toEqual([place])
})

test('a breakpoint set before the file is loaded is hit while it is evaluated', async () => {
  project = new Project({ 'main.ts': MAIN, 'helper.ts': HELPER })
  debug = new Debugger()
  const place = marks(project.path('main.ts'), MAIN).last!
  expect(debug.break(place.file, place.line)).toEqual([])
  await project.boot('main.ts')
  expect(debug.paused.map(({ file, line }) => ({ file, line }))).toEqual([
    { file: place.file, line: place.line },
  ])
})

test('a breakpoint by file and line stays through swaps, and is hit in the version that runs', async () => {
  const main = await start()
  const helper = project.path('helper.ts')
  const { line, column } = marks(helper, HELPER).twice!
  debug.break(helper, line, column)
  main.add!(1)
  for (const factor of [3, 4, 5]) {
    await project.edit({ 'helper.ts': HELPER.replace('* 2', `* ${factor}`) })
    expect(main.arrow!(1)).toBe(factor - 1)
  }
  expect(debug.paused).toEqual(Array(4).fill({ file: helper, line, column }))
})

test('a breakpoint set after an edit has moved the line is bound and hit at the new one', async () => {
  const main = await start()
  const helper = project.path('helper.ts')
  const moved = `// one\n// two\n// three\n${HELPER}`
  await project.edit({ 'helper.ts': moved })
  const place = marks(helper, moved).twice!
  expect(debug.break(helper, place.line, place.column)).toContainEqual({
    line: place.line,
    column: place.column,
  })
  main.add!(1)
  expect(debug.paused).toEqual([place])
})

test('with an error caught, the pause is where it is thrown, in the version that runs', async () => {
  const main = await start()
  const helper = project.path('helper.ts')
  const throwing = `// moved\n${HELPER.replace('/*!twice*/return', '/*!twice*/throw new Error(String(amount)); return')}`
  await project.edit({ 'helper.ts': throwing })
  debug.post('Debugger.setPauseOnExceptions', { state: 'all' })
  expect(() => main.add!(1)).toThrow('1')
  expect(debug.paused[0]).toEqual(marks(helper, throwing).twice)
})
