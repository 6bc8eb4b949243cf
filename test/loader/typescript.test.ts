import { afterEach, expect, test } from 'vitest'
import { stripTypes, TooMuchForSwc } from '../../dist/units/code/transform/strip.js'
import { Project } from './project.ts'

let project: Project
afterEach(() => project.close())

async function run(files: Record<string, string>, entry = 'main.ts') {
  project = new Project(files)
  return (await project.boot(entry)).result
}

test('types of every sort are blanked out', async () => {
  const result = await run({
    'main.ts': `import type { A } from './types.ts'
import { type B, value, C } from './types.ts'
import './types.ts'
interface Local<T extends object = {}> { a: T }
type Fn = (x: number) => void
declare const ambient: number
declare module 'nothing' { export const x: 1 }
abstract class Base<T> { abstract run(): T; protected readonly x!: number; declare y: string; static z?: number }
class K extends Base<number> implements Local<object> { a = {}; run(): number { return value! as number } }
function over(x: string): string
function over(x: number): number
function over(x: unknown): unknown { return x satisfies unknown }
const generic = <T,>(x: T): T => x
export type { A, B }
export { C }
const unused: C | undefined = undefined
export const result: unknown[] = [new K().run(), over(1), generic<string>('g'), unused, ([1] as const)[0], value!.toFixed]`,
    'types.ts': `export interface A {}
export type B = string
export interface C { c: 1 }
export const value: number = 5`,
  })
  expect(result).toEqual([5, 1, 'g', undefined, 1, (5).toFixed])
})

test('a type-only file, and a file that imports only types of it', async () => {
  expect(
    await run({
      'main.ts': `import { Shape } from './shape.ts'\nexport const result = (x: Shape) => x\nexport * from './shape.ts'`,
      'shape.ts': `export interface Shape { x: number }`,
    }),
  ).toBeTypeOf('function')
})

test('enums, namespaces and parameter properties, each on its line', async () => {
  const result = await run({
    'main.ts': `// a comment
enum Color { Red, Green = 5, Blue = Green << 1, Name = 'n' as any }
export enum Late {
  A = 1, // first
  B,
}
namespace Space { export const x = 1; export namespace Inner { export function f() { return x } } }
class P {
  constructor(private a: number, public readonly b = 2, protected c?: string) {
    where.push(new Error('x').stack!.split('\\n')[1]!.replace(/.*main/, 'main').replace(')', ''))
  }
  sum() { return this.a + this.b }
}
const where: string[] = []
const text = \`line
  \${Color.Green}
end\`
const value = (
  Late.B
)
function back() {
  return (
    Color[0]
  )
}
const thrower = () => { throw new Error('here') }
export const result = [Color.Blue, Color.Red, Color[5], Late.B, Space.Inner.f(), new P(1).sum(), where, text, value, back(), thrower, Color.Name]`,
  })
  const [, , , , , , where, , , , thrower] = result
  expect(result.slice(0, 6)).toEqual([10, 0, 'Green', 2, 1, 3])
  expect(where).toEqual(['main.ts:10:16'])
  expect(result.slice(7, 10)).toEqual(['line\n  5\nend', 2, 'Red'])
  expect(lineOf(thrower)).toContain('main.ts:26:31')
})

const lineOf = (thrower: () => void): string => {
  try {
    thrower()
    return 'did not throw'
  } catch (error) {
    return (error as Error).stack!.split('\n')[1]!
  }
}

test('decorators of the standard', async () => {
  const result = await run({
    'main.ts': `import { logged, seen } from './deco.ts'
enum E { A = 7 }
@logged
class K {
  @logged value = E.A
  @logged
  method(): number { return this.value }
  boom() {
    throw new Error('boom')
  }
}
export const result = [new K().method(), seen, () => new K().boom()]`,
    'deco.ts': `export const seen: string[] = []
export function logged(_: unknown, context: { kind: string; name: string | symbol | undefined }): void { seen.push(context.kind + ' ' + String(context.name)) }`,
  })
  expect(result[0]).toBe(7)
  expect(result[1]).toEqual(['method method', 'field value', 'class K'])
  expect(lineOf(result[2])).toContain('main.ts:9:11')
})

test('experimental decorators where tsconfig.json asks for them', async () => {
  const result = await run({
    'tsconfig.json': `{ // comment
  "extends": "./base", "compilerOptions": { "strict": true, }, }`,
    'base.json': `{ "compilerOptions": { "experimentalDecorators": true } }`,
    'main.ts': `const seen: unknown[] = []
function deco(target: any, key?: string) { seen.push(typeof target, key) }
@deco class K { @deco m() {} }
export const result = seen`,
  })
  expect(result).toEqual(['object', 'm', 'function', undefined])
})

test('JSX', async () => {
  const files = {
    'main.tsx': `import { h } from './h.ts'
const Hello = ({ name }: { name: string }) => <b>hello {name}</b>
export const result = <div id="x"><Hello name={'you'} /></div>`,
    'h.ts': `export const h = (type: unknown, props: unknown, ...children: unknown[]): unknown => typeof type === 'function' ? type(props) : [type, props, ...children]`,
    'tsconfig.json': `{ "compilerOptions": { "jsx": "react", "jsxFactory": "h" } }`,
  }
  expect(await run(files, 'main.tsx')).toEqual(['div', { id: 'x' }, ['b', null, 'hello ', 'you']])
})

test('paths of tsconfig.json, JavaScript names for TypeScript files, package imports', async () => {
  const result = await run({
    'tsconfig.json': `{ "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["lib/*"], "exact": ["./lib/exact.ts"] } } }`,
    'package.json': `{ "imports": { "#cfg": { "import": "./lib/cfg.mts" } } }`,
    'main.ts': `import { a } from '@/a.ts'
import { a as again } from '@/a'
import { exact } from 'exact'
import { other } from './lib/other.js'
import { cfg } from '#cfg'
export const result = [a === again, exact, other, cfg]`,
    'lib/a.ts': `export const a = {}`,
    'lib/exact.ts': `export const exact = 'exact'`,
    'lib/other.ts': `export const other = 'other'`,
    'lib/cfg.mts': `export const cfg = 'cfg'`,
  })
  expect(result).toEqual([true, 'exact', 'other', 'cfg'])
})

test('text, bytes, JSON and WebAssembly', async () => {
  // (module (import "./env.ts" "twice" (func (param i32) (result i32)))
  //   (func (export "run") (param i32) (result i32) local.get 0 call 0 i32.const 1 i32.add))
  const wasm = Uint8Array.from(
    [0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 2, 18, 1, 8].concat(
      [...Buffer.from('./env.ts')],
      [5],
      [...Buffer.from('twice')],
      [0, 0, 3, 2, 1, 0, 7, 7, 1, 3],
      [...Buffer.from('run')],
      [0, 1, 10, 11, 1, 9, 0, 32, 0, 16, 0, 65, 1, 106, 11],
    ),
  )
  project = new Project({
    'main.ts': `import text from './note.txt?raw'
import bytes from './note.txt?bytes'
import note from './note.txt' with { type: 'text' }
import data from './data.json'
import { run } from './calc.wasm'
export const result = () => [text, [...bytes], note, data, run(20)]`,
    'note.txt': 'hé',
    'data.json': '{"a":1}',
    'env.ts': 'export const twice = (x: number): number => x * 2',
    'calc.wasm': wasm,
  })
  const main = await project.boot('main.ts')
  expect(main.result()).toEqual(['hé', [104, 195, 169], 'hé', { a: 1 }, 41])
  await project.edit({
    'note.txt': 'new',
    'data.json': '{"a":2}',
    'env.ts': 'export const twice = (x: number) => x * 3',
  })
  expect(main.result()).toEqual(['new', [110, 101, 119], 'new', { a: 2 }, 61])
})

test('a name in types is written to, in files that are blanked out and in files that are compiled', async () => {
  const source = (more: string) => `${more}
export let n = 1
const o: { a?: number } = { a: 1 }
;(n as number)++
n!++
;(n satisfies number) += 10
--(o.a as number)
;[(n as number)] = [n! * 2]
export const result = [n, o.a]`
  for (const more of ['', 'enum Compiled { A }']) {
    expect(await run({ 'main.ts': source(more) })).toEqual([26, 0])
  }
})

test('a name that the top level declares twice is an error where it stands', async () => {
  for (const twice of [
    'function a() {}\nfunction a() {}',
    'var a = 1\nfunction a() {}',
    "import { a } from './main.ts'\nfunction a() {}",
  ]) {
    project = new Project({ 'main.ts': `${twice}\nexport const result = 1` })
    await expect(project.boot('main.ts')).rejects.toMatchObject({
      finding: { code: 'TICKSWAP_E_SYNTAX', line: 2, column: 10 },
    })
    project.close()
  }
})

test('what tsconfig.json says of class fields and of imports that are only types', async () => {
  const text = `import { T } from './types.ts'
class Base { set x(value: number) { seen.push(value) } }
const seen: number[] = []
class Derived extends Base { x = 5; declare y: T; z?: number; #p = 1; p() { return this.#p } }
const made = new Derived()
function where() { throw new Error('here') }
export const result = [Object.keys(made), seen, made.p(), (globalThis as any).typesWere, where]`
  const configs = {
    '{}': [['x', 'z'], [], 1, undefined],
    '{ "target": "ESNext" }': [['x', 'z'], [], 1, undefined],
    '{ "target": "ES2021" }': [[], [5], 1, undefined],
    '{ "useDefineForClassFields": false }': [[], [5], 1, undefined],
    '{ "target": "es2020", "useDefineForClassFields": true }': [['x', 'z'], [], 1, undefined],
    '{ "verbatimModuleSyntax": true }': [['x', 'z'], [], 1, true],
  }
  for (const [options, expected] of Object.entries(configs)) {
    Reflect.deleteProperty(globalThis, 'typesWere')
    const result = await run({
      'tsconfig.json': `{ "compilerOptions": ${options} }`,
      'main.ts': text,
      'types.ts': `export type T = 1\n;(globalThis as any).typesWere = true`,
    })
    expect(result.slice(0, 4)).toEqual(expected)
    expect(lineOf(result[4])).toMatch(/main\.ts:6:26/)
    project.close()
  }
})

test('after a source that is too deep for swc, the next one is none the worse', () => {
  // How deep that is depends on the machine.
  for (const depth of [1000, 2000, 5000, 1500, 3000]) {
    try {
      stripTypes(`export const deep: unknown = ${'['.repeat(depth)}${']'.repeat(depth)}`)
    } catch (error) {
      expect(error).toBeInstanceOf(TooMuchForSwc)
    }
    expect(stripTypes('const one: number = 1')).toBe('const one         = 1')
  }
})
