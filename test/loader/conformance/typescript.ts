// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of programs
/** TypeScript programs by name: what the compiler makes of them is run by Node, and compared. */
export const programs: Readonly<Record<string, string>> = {
  enums: `export enum A { X, Y = 5, Z }\nexport const enum B { Q = 1 << 3, R = Q | 1 }\nexport const result = [A, A.X, A[5], B.R]`,
  'enum merge & export later': `enum A { X = 1 }\nenum A { Y = 2 }\nexport { A }\nexport const result = A`,
  'enum computed': `const n = 3\nexport enum A { X = n, Y = 'abc'.length, Z = Math.max(1, 2) }\nexport const result = A`,
  namespaces: `namespace N { export const a = 1; export function f() { return a } export namespace M { export let b = 2 } }\nnamespace N { export const c = N.a + 1 }\nexport const result = [N.a, N.f(), N.M.b, N.c]`,
  'exported namespace': `export namespace N { export let a = 1; export const inc = () => ++a }\nN.inc()\nexport const result = N.a`,
  'parameter properties': `class P { constructor(public a: number, private readonly b = 2, protected c?: string) {} sum() { return this.a + this.b } }\nexport const result = [new P(1).sum(), new P(3, 4)]`,
  'param props derived': `class B { x = 1 }\nclass D extends B { y = this.x; constructor(public z: number) { super(); this.z++ } }\nexport const result = new D(5)`,
  'class fields define': `class B { set x(v: number) { (globalThis as any).setCalled = v } }\nclass D extends B { x = 5; declare q: number; r?: string }\nconst d = new D()\nexport const result = [Object.keys(d), Object.hasOwn(d, 'x'), Object.hasOwn(d, 'r'), Object.hasOwn(d, 'q')]`,
  'abstract/overloads/assertions': `abstract class A { abstract m(): number; n(): number { return this.m()! } }\nclass B extends A { override m() { return <number>(4 as unknown) } }\nfunction o(a: string): string; function o(a: number): number; function o(a: any): any { return a }\nexport const result = [new B().n(), o(1), ({ a: 1 } satisfies object), (null as any)?.x!]`,
  'type only': `import type { T } from './types.js'\nimport { type U, v } from './dep.ts'\nexport type { T }\nexport type X = U\nexport const result = v`,
  'type import unused value elided': `import { T, v } from './dep.ts'\nconst x: T = v\nexport const result = x`,
  generics: `const f = <T,>(x: T): T => x; const g = async <T extends object>(x: T) => x; class C<T> { constructor(readonly v: T) {} }\nexport const result = [f<number>(1), new C<string>('s').v, (await g<{ a: number }>({ a: 1 })).a, f<Array<Array<number>>>([[1]])]`,
  'arrow return types & asi': `const f = (a: number): a is 5 => a === 5\nlet x = 1 as const\ntype Y = number\nlet y = <any>x\n;[1].map((z): z is 1 => true)\nexport const result = [f(5), x, y]`,
  'this param, optional, definite': `function f(this: { a: number }, b?: number) { return this.a + (b ?? 0) }\nlet q!: number\nq = 3\nexport const result = [f.call({ a: 1 }, 2), q]`,
  'import equals': `import path = require('node:path')\nexport const result = typeof path.join`,
  'import alias': `namespace N { export const a = 7 }\nimport b = N.a\nexport const result = b`,
  'std decorators': `const log: string[] = []\nfunction d(v: any, c: any) { log.push(c.kind + ' ' + String(c.name)); return v }\n@d class A { @d m() {} @d f = 1; @d static s = 2; @d get g() { return 1 } @d accessor acc = 4 }\nexport const result = [log, new A().acc]`,
  'declare & ambient': `declare const z: number\ndeclare global { interface Window {} }\ndeclare module 'x' {}\ndeclare function f(): void\ninterface I { a: 1 }\ntype Q = I['a']\nexport interface E {}\nexport declare const w: number\nexport const result = typeof z`,
  'index sig, private #, static': `class A { [k: string]: any; static #p = 1; static get p() { return A.#p } private static q = 2; static { A.q++ } static getQ() { return A.q } }\nexport const result = [A.p, A.getQ()]`,
  'enum in cycle and live': `import { get } from './cyc.ts'\nexport enum E { A = 1 }\nexport const result = get()`,
  'non-null chains and as in targets': `let o: any = { a: { b: 1 } };(o!.a as any).b = 2;(<any>o).a.b++; o.a!.b!++\nexport const result = o`,
  'export default abstract/generic': `export default abstract class<T> { x = 1 }\nexport const result = 1`,
  'export assignment type': `export default interface I { a: 1 }\nexport const result = 2`,
  'live let with types': `export let n: number = 1\nexport function inc(by: number = 1): void { (n as number) += by; n!++ }\nimport * as self from './main.ts'\ninc(2)\nexport const result = self.n`,
}

/** Files that they import. */
export const files: Readonly<Record<string, string>> = {
  'dep.ts': 'export type T = number\nexport interface U {}\nexport interface T2 {}\nexport const v = 42',
  'types.js': '',
  'types.d.ts': '',
  'cyc.ts': `import { E } from './main.ts'\nexport const get = () => E`,
}
