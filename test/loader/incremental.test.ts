/** A module that was edited is parsed in pieces: what comes out must be what parsing the whole would give. */
import { Script } from 'node:vm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { topLevelOf } from '../../dist/units/code/surface/shapes.js'
import { PiecedTopLevel, type TopLevel } from '../../dist/units/code/surface/top-level.js'
import type { ModuleText } from '../../dist/units/code/transform/module-text.js'
import { parseStatements, parseText } from '../../dist/units/code/transform/parse.js'
import { RecentSources } from '../../dist/units/code/transform/recent.js'
import { stripTypes } from '../../dist/units/code/transform/strip.js'

const RUNS = Number(process.env.RUNS ?? 300)

/** Statements that end, begin and lean on each other in many ways. */
const STATEMENTS = [
  `import { a, b as c } from './a.js'`,
  `import * as ns from './ns.js'`,
  `import type { T } from './t.js'`,
  `export * from './star.js'`,
  `export { x as shown, d1 as other }`,
  `export let x: number = 1`,
  `export let x: number = 1;`,
  `let d1 = ns.one + a`,
  `export const d2 = { a, c }, [d3, d4 = a] = [1, 2]`,
  `export function f(n: number): number {\n  x += n; ({ x } = { x: 2 })\n  return (x as number)++\n}`,
  `function f2(a: string): void\nfunction f2(a: number): void\nfunction f2(a: unknown) { a = ns.two }`,
  `export default class<T> {\n  #p?: T\n  static s = ns.three\n  m() { return a\`t\` }\n}`,
  `export default function () { return import('./lazy.js') }`,
  `type A = B\n`,
  `type U =\n  | 'a'\n  | 'b'`,
  `interface I extends Array<string> {\n  a: string\n}`,
  `(f as any)(1)`,
  `[1, 2].forEach((each: number) => { x = each })`,
  `/re\\/x/.test('')`,
  `\`template \${x} of\nlines\``,
  `-x`,
  `// a comment`,
  `/* a comment\n   of lines */`,
  `/* before */ x++`,
  `for (x of [1, 2]) d1 = x`,
  `if (d1) { var hoisted = 1 }`,
  `label: for (;;) break label`,
  `import.meta.hot?.accept(['./a.js'])`,
  `declare const ambient: string`,
  `abstract class K<T> extends Map<string, T> { abstract k(): void }`,
  `const g = <T,>(v: T): T => v, h = (f)<number>`,
  `const É = 'é𝒳', À = 1`,
  `await 0`,
  `#!/usr/bin/env node`,
  `'use strict'`,
  `"use client";`,
  `import def, { type U2, e as f3 } from './a.js'`,
  `import './side.js'`,
  `import data from './d.json' with { type: 'json' }`,
  `export { default as again, a as 'a name' } from './a.js'`,
  `export * as whole from './ns.js'`,
  `export type { T as T2 } from './t.js'`,
  `const tagged = ns.tag\`a\${\`in \${a} er\`}b\\\`\``,
  `const quotient = d1 / 2 / a, re = /[/\\]'"]/gu.source`,
  `if (d1) /x'/.test('')\nelse /y"/g.exec('')`,
  `d1\n++x`,
  `var n1 = 1\n, n2 = 2`,
  `x = d1\n/a/g`,
  `const arrow = async (n: number): Promise<number> =>\n  n + x`,
  `do x++; while (x < 3) d1`,
  `switch (d1) {\n  case a: { let x = 1; x++ }\n  default: x = 2\n}`,
  `try { x = 1 } catch { d1 = 2 } finally { ; }`,
  `class Acc { accessor = 1; get [a]() { return x }; static { x = 3 } }`,
  `function* gen() { yield* [x]; const y = yield /a/ }`,
  `var async, of, type, get\nasync\ntype\nof = 1`,
  `{ let x = 1; x++; function inner() { return a } }`,
  `<!-- not a comment`,
  `export const enum E { A }`,
  `@dec class D {}`,
  `const el = <div>{a}</div>`,
  `const wide = '\u2028 \u{1F600} 𝒳 日本', ünï = 1`,
  `label2: { break label2 }`,
  `eval('x = 1')`,
  `export { type T3, x as y2 }`,
  `declare module 'm' { export const q: number }`,
  `namespace OnlyTypes { export type Q = string }`,
  `let typed = a as const satisfies unknown, bang = x!`,
  `new.target`,
  `;`,
  ``,
  `const method = 1.5.toFixed(2), spaced = 7 .toString(), both = d1 ?.5:10`,
  `const keyed = { 1: 2, [3]: 4, '5': d1[6] }, { q1 = 8, 9: q2 } = keyed, ten = /10/.source`,
  `const exact: 3 = 3, either: 4 | 5 = 4, size = 6 as 6`,
  `class Numbered { 1 = 2; [3] = 4; m5(n = 6) { return ns.one(7) + x } static 8() { x = 9 } }`,
  `const lazy2 = import('./lazy2.js'), after = 11, own = import.meta.url + 12`,
  `import { z9 } from './z9.js'; const onLine = 5, z = z9`,
  `x = x > 21 ? (x) : 22, x += 23`,
]

const statement = fc.constantFrom(...STATEMENTS)
const separator = fc.constantFrom(
  '\n',
  '\n',
  '\n\n',
  '; ',
  ' ',
  '\r\n',
  '\n  ',
  '\u2028',
  ' // c\n',
  ' /* m\n */ ',
)
/** Each statement once at most: twice, many of them would be an error. */
const module = fc
  .tuple(
    fc.shuffledSubarray(STATEMENTS, { minLength: 4, maxLength: 24 }),
    fc.array(separator, { minLength: STATEMENTS.length, maxLength: STATEMENTS.length }),
  )
  .map(([statements, separators]) => statements.map((each, i) => each + separators[i]).join(''))

/** Replaces a range, given as shares of the text, by a statement, by text, or by nothing. */
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.constantFrom(0, 0, 1, 2, 5, 40),
  text: fc.oneof(
    statement,
    statement.map((each) => `${each}\n`),
    fc.constantFrom(
      '',
      ' ',
      '\n',
      '1',
      '(',
      ')',
      '`',
      '/*',
      '*/',
      ';',
      '{',
      '}',
      'é',
      'type ',
      ': string',
      '<',
      '=>',
      '/',
      '//',
      '<!--',
      '-->',
      '\r\n',
      '\r',
      "'",
      '$' + '{',
      'export ',
      'async ',
      'await ',
      'else ',
      '.x',
      '++',
      '@',
      '#!',
      'declare ',
      ' as other',
    ),
  ),
})

const apply = (source: string, { at, length, text }: { at: number; length: number; text: string }) => {
  const from = Math.floor(at * source.length)
  return source.slice(0, from) + text + source.slice(from + length)
}

/** All that a module's text says, printed alone and in a circle of imports. */
function everything(text: ModuleText) {
  const { declarations } = text
  return {
    text: text.text,
    requests: declarations.requests,
    lazy: [...text.dynamicSpecifiers()],
    isAsync: text.isAsync,
    isModule: text.hasModuleSyntax,
    alone: text.print(new Set(), false),
    links: text.links([], [], new Set()),
    circular: text.print(new Set([0]), true),
    again: text.print(new Set(), false),
  }
}

function whole(source: string): ModuleText | undefined {
  try {
    const text = stripTypes(source)
    return text.length === source.length ? parseText(source, text, 'typescript') : undefined
  } catch {
    return undefined
  }
}

/** Where the nodes stand that an outline is made of. */
function nodesBehind(names: Iterable<string>, topLevel: TopLevel) {
  return [...names, '*default*'].map((name) => {
    const { type, start, end } = topLevel.get(name) ?? {}
    return [name, type, start, end]
  })
}

test('an edited module says what the whole, parsed anew, says', () => {
  let inPieces = 0
  fc.assert(
    fc.property(module, fc.array(edit, { minLength: 1, maxLength: 6 }), (first, edits) => {
      const recent = new RecentSources()
      let source = first
      const start = whole(source)
      fc.pre(start !== undefined)
      recent.keep('m', start!)
      everything(start!)
      for (const each of edits) {
        const next = apply(source, each)
        const edited = recent.edited('m', next, 'typescript')
        const expected = whole(next)
        if (edited) {
          inPieces++
          if (expected) {
            expect(everything(edited), next).toEqual(everything(expected))
            const { names, pieces, text } = edited
            const found = nodesBehind(names, new PiecedTopLevel(pieces))
            expect(found, next).toEqual(nodesBehind(names, topLevelOf(parseStatements(text))))
          }
          // What two pieces have against each other, such as one name for two things, is for V8 to say.
          else expect(() => new Script(edited.print(new Set(), false).code), next).toThrow(SyntaxError)
        }
        if (!expected) continue
        recent.keep('m', edited ?? expected)
        source = next
      }
    }),
    { numRuns: RUNS },
  )
  expect(inPieces).toBeGreaterThan(RUNS / 4)
})

test('a module with another number says what the whole, parsed anew, says', () => {
  const number = fc.constantFrom(
    ...[
      '0',
      '7',
      '12',
      '12.5',
      '1e3',
      '1.5E-7',
      '100000',
      '0x1f',
      '1n',
      '08',
      '.5',
      '5.',
      '-3',
      '1_0',
      'x',
      '1 + 2',
      '',
    ],
  )
  let tuned = 0
  fc.assert(
    fc.property(
      module,
      fc.array(fc.tuple(fc.nat(), number), { minLength: 1, maxLength: 8 }),
      (first, edits) => {
        const recent = new RecentSources()
        let known = whole(first)
        fc.pre(known !== undefined)
        let source = first
        recent.keep('m', known!)
        everything(known!)
        for (const [which, text] of edits) {
          const places = [...source.matchAll(/\d+(?:\.\d+)?/g)]
          if (places.length === 0) return
          const { index, 0: before } = places[which % places.length]!
          const next = source.slice(0, index) + text + source.slice(index + before.length)
          const edited = recent.edited('m', next, 'typescript')
          const expected = whole(next)
          if (edited && expected) expect(everything(edited), next).toEqual(everything(expected))
          if (!expected) continue
          if (edited && edited.pieces.filter((piece) => !known!.pieces.includes(piece)).length === 1) tuned++
          known = edited ?? expected
          recent.keep('m', known)
          source = next
        }
      },
    ),
    { numRuns: RUNS },
  )
  expect(tuned).toBeGreaterThan(RUNS / 4)
})

test('an edit of one function leaves the pieces around it as they are', () => {
  const source = (n: number) =>
    Array.from({ length: 20 }, (_, i) => `export const c${i}: number = ${i === 9 ? n : i}`).join('\n')
  const recent = new RecentSources()
  const first = whole(source(1))!
  recent.keep('m', first)
  const edited = recent.edited('m', source(12345), 'typescript')!
  const kept = edited.pieces.filter((piece) => first.pieces.includes(piece))
  expect(edited.pieces).toHaveLength(20)
  expect(kept.length).toBeGreaterThanOrEqual(17)
  expect(edited.print(new Set(), false).code).toContain('12345')
})

test('a module with another name at its top level is parsed as a whole', () => {
  const lines = Array.from({ length: 9 }, (_, i) => `let v${i} = helper`)
  const recent = new RecentSources()
  recent.keep('m', whole(lines.join('\n'))!)
  expect(recent.edited('m', `${lines.join('\n')}\nfunction helper() {}`, 'typescript')).toBeUndefined()
})
