import { afterEach, describe, expect, test } from 'vitest'
import { Project } from '../loader/project.ts'
import { frames, marks, type Place } from './places.ts'

const HELPER = `export type Kind = 'a' | 'b'
export function fail(kind: Kind = 'a'): never {
  throw /*!fail*/new Error(kind)
}
export const call = <T,>(f: () => T): T => /*!call*/f()
export default (kind: Kind): never => /*!anonymous*/fail(kind)
`

/** What a module may look like above the code that throws: types, imports, live exports, import.meta. */
const MAIN = `export const first = (n: number): never => { throw /*!first*/new Error(String(n)) }; export let early = 0; early++
import fall, { call, fail, type Kind } from './helper.ts'
import type { Nothing } from './helper.ts'
import * as helper from './helper.ts'
import { readFileSync as read } from 'node:fs'

interface Shape { kind: Kind; size?: number }
export type Both = Shape & { other: Nothing }
export let live: number = 0
export const here: string = import.meta.url, name = import.meta.filename; /*!never*/

export function sync(kind: Kind): never { throw /*!sync*/new Error(kind as string) }
export const arrow = (shape: Shape): never => /*!arrow*/fail(shape.kind!)
export const nested = () => [1]./*!map*/map((n: number) => /*!nested*/fail(n as unknown as Kind))
export class Car<T extends Shape> {
  private readonly shape: T; static made = 0
  declare other: string
  constructor(shape: T, bad = false) { this.shape = shape; Car.made++; if (bad) throw /*!constructed*/new Error() }
  method(): never { return /*!method*/fail(this.shape.kind) }
  get speed(): never { return /*!getter*/fail() }
  static of(): never { return /*!static*/fail() }
  #hidden = (): never => /*!field*/fail()
  hidden() { return this.#hidden/*!hidden*/() }
}
export async function before(): Promise<never> { throw /*!before*/new Error() }
export async function after(): Promise<never> {
  await null; throw /*!after*/new Error()
}
export async function awaits(): Promise<void> { /*!outer*/await after() }
export function* generator(): Generator<never> { yield /*!generator*/fail() }
export const member = () => helper./*!member*/fail('b')
export const viaDefault = () => /*!default*/fall('a')
export const through = () => /*!through*/call(() => /*!callback*/fail())
export const missing = () => (null as unknown as Shape)./*!missing*/kind
export const external = () => /*!external*/read('/no/such/file')
export const dynamic = async () => (await import('./helper.ts')).fail./*!dynamic*/call(null)
export function writes(): void { live = 1; live += 1; [live] = [2]; /*!afterWrites*/fail() }
export function loops(): void {
  for (live of [1, 2]) {
    /*!loop*/fail()
  }
}
export function writesArgument(): void { live = /*!argument*/fail() }
export function twoWrites(): void { early = live = /*!twice*/fail() }
export default class { run() { return /*!defaultClass*/fail() } }
`

let project: Project
afterEach(() => project.close())

type Main = Record<string, (...args: unknown[]) => unknown>
const car = (main: Main) => new (main.Car as unknown as new (shape: object) => Main)({ kind: 'a' })

const CASES: [string, string[], (main: Main) => unknown][] = [
  ['the first line', ['first'], (main) => main.first!(1)],
  ['a function', ['sync'], (main) => main.sync!('a')],
  ['an arrow function, through a helper', ['fail', 'arrow'], (main) => main.arrow!({ kind: 'a' })],
  ['a callback', ['fail', 'nested', 'map'], (main) => main.nested!()],
  [
    'a constructor',
    ['constructed'],
    (main) => new (main.Car as unknown as new (...a: unknown[]) => object)({}, true),
  ],
  ['a method', ['fail', 'method'], (main) => car(main).method!()],
  ['a getter', ['fail', 'getter'], (main) => car(main).speed],
  ['a static method', ['fail', 'static'], (main) => (main.Car as unknown as Main).of!()],
  ['a private field', ['fail', 'field', 'hidden'], (main) => car(main).hidden!()],
  ['an async function', ['before'], (main) => main.before!()],
  ['an async function, after its await', ['after', 'outer'], (main) => main.awaits!()],
  ['a generator', ['fail', 'generator'], (main) => (main.generator!() as Generator).next()],
  ['a member of a namespace', ['fail', 'member'], (main) => main.member!()],
  ['an anonymous default export', ['fail', 'anonymous', 'default'], (main) => main.viaDefault!()],
  ['a helper that calls back', ['fail', 'callback', 'call', 'through'], (main) => main.through!()],
  ['a property of null', ['missing'], (main) => main.missing!()],
  ['a function of Node', ['external'], (main) => main.external!()],
  ['a module imported dynamically', ['fail', 'dynamic'], (main) => main.dynamic!()],
  ['after writes to live exports', ['fail', 'afterWrites'], (main) => main.writes!()],
  ['a loop over a live export', ['fail', 'loop'], (main) => main.loops!()],
  ['the right side of a write', ['fail', 'argument'], (main) => main.writesArgument!()],
  ['the right side of two writes', ['fail', 'twice'], (main) => main.twoWrites!()],
  [
    'an anonymous default class',
    ['fail', 'defaultClass'],
    (main) => new (main.default as unknown as new () => Main)().run!(),
  ],
]

async function stackOf(step: () => unknown): Promise<string> {
  try {
    await step()
  } catch (error) {
    return (error as Error).stack!
  }
  throw new Error('nothing was thrown')
}

function expectPlaces(stack: string, sources: Record<string, string>, names: readonly string[]) {
  const all: Record<string, Place> = {}
  for (const [name, source] of Object.entries(sources)) Object.assign(all, marks(project.path(name), source))
  const files = Object.keys(sources).map((name) => project.path(name))
  expect(frames(stack, files), stack).toEqual(names.map((name) => all[name]))
}

describe.each([
  ['as written', (text: string) => text],
  ['with CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
  ['with a byte order mark', (text: string) => `\ufeff${text}`],
  ['with tabs and wide characters', (text: string) => text.replaceAll(' {', '\t/*😀ü*/{')],
])('stacks name the line and column of the file, %s', (_, form) => {
  const shown = (text: string) => form(text).replace('\ufeff', '')

  test.each(CASES)('in %s', async (_, names, act) => {
    project = new Project({ 'main.ts': form(MAIN), 'helper.ts': form(HELPER) })
    const main = (await project.boot('main.ts')) as Main
    expectPlaces(
      await stackOf(() => act(main)),
      { 'main.ts': shown(MAIN), 'helper.ts': shown(HELPER) },
      names,
    )
  })

  test.each(CASES)('in %s, after a swap', async (_, names, act) => {
    project = new Project({ 'main.ts': form(MAIN), 'helper.ts': form(HELPER) })
    await project.boot('main.ts')
    const later = `\n\n${MAIN.replaceAll('export ', 'export  ')}`
    const helper = `// moved\n${HELPER}`
    await project.edit({ 'main.ts': form(later), 'helper.ts': form(helper) })
    const main = project.exports('main.ts') as Main
    expectPlaces(
      await stackOf(() => act(main)),
      { 'main.ts': shown(later), 'helper.ts': shown(helper) },
      names,
    )
  })
})

test('an importer that was only rebound names its own place and the new one of what it calls', async () => {
  project = new Project({ 'main.ts': MAIN, 'helper.ts': HELPER })
  const main = (await project.boot('main.ts')) as Main
  const helper = `// a line more\n${HELPER}`
  const { update } = await project.edit({ 'helper.ts': helper })
  expect(update.rebind).toEqual([project.path('main.ts')])
  expectPlaces(await stackOf(() => main.arrow!({ kind: 'a' })), { 'main.ts': MAIN, 'helper.ts': helper }, [
    'fail',
    'arrow',
  ])
})

test('a function of the old version that somebody kept names its place in the old text', async () => {
  project = new Project({ 'main.ts': MAIN, 'helper.ts': HELPER })
  const { sync } = (await project.boot('main.ts')) as Main
  await project.edit({ 'main.ts': `\n${MAIN}` })
  expectPlaces(await stackOf(() => sync!('a')), { 'main.ts': MAIN }, ['sync'])
})

test('circles of imports, whose statements announce their values', async () => {
  const source = (other: string) => `import { one as other } from './${other}.ts'
export const one = () => { if (other) throw /*!${other}*/new Error() }
export const two = () => /*!${other}Two*/one()
export let three = 3
export const four = () => /*!${other}Four*/one()
`
  const files = { 'a.ts': source('b'), 'b.ts': source('a') }
  project = new Project(files)
  const main = (await project.boot('a.ts')) as Main
  expectPlaces(await stackOf(() => main.two!()), files, ['b', 'bTwo'])
  expectPlaces(await stackOf(() => main.four!()), files, ['b', 'bFour'])
})

test('a body that throws while it is evaluated', async () => {
  const main = `import { fail } from './helper.ts'\nexport const a = 1\n  if (a) /*!body*/fail()\n`
  project = new Project({ 'main.ts': `export const a = 1\n`, 'helper.ts': HELPER })
  await project.boot('main.ts')
  expectPlaces(
    await stackOf(() => project.edit({ 'main.ts': main })),
    { 'main.ts': main, 'helper.ts': HELPER },
    ['fail', 'body'],
  )
})
