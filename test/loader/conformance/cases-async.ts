import { type Case, main } from './case.ts'

/** `import()` and top-level await: order, identity and failure. */
export const cases: readonly Case[] = [
  main(
    'import() same promise values and errors',
    `const errs = []; for (let i = 0; i < 3; i++) await import('./bad.js').catch((e) => errs.push(e))
export const result = [errs.length, errs[0] === errs[1], errs[1] === errs[2]]`,
    { 'bad.js': `log('bad'); throw new Error('x')` },
  ),
  main(
    'import() syntax error repeated',
    `const errs = []; for (let i = 0; i < 2; i++) await import('./bad.js').catch((e) => errs.push(e))
export const result = errs.map((e) => e.name)`,
    { 'bad.js': `let let` },
  ),
  main(
    'import() dependency failed',
    `const errs = []; for (const s of ['./p.js', './bad.js', './q.js', './p.js']) await import(s).then(() => errs.push('ok'), (e) => errs.push(e))
export const result = [errs.map(String), errs[0] === errs[1], errs[0] === errs[2]]`,
    {
      'bad.js': `log('bad'); throw new Error('x')`,
      'p.js': `import './bad.js'; log('p')`,
      'q.js': `import './bad.js'; log('q')`,
    },
  ),
  main(
    'import() throws primitives',
    `export const result = [await import('./u.js').catch((e) => [e]), await import('./n.js').catch((e) => [e])]`,
    { 'u.js': 'throw undefined', 'n.js': 'throw null' },
  ),
  main(
    'import() argument evaluation',
    `export const result = [await import({ toString: () => './d.js' }).then((m) => m.a), await import(['./d.js']).then((m) => m.a), await import(Symbol()).catch((e) => e.name), await import({ toString() { throw new RangeError('q') } }).catch((e) => e.name), await import('./d.js', undefined).then((m) => m.a)]`,
    { 'd.js': 'export const a = 1' },
  ),
  main(
    'import() order with sync code',
    `log('a'); const p = import('./d.js').then(() => log('then')); log('b'); await p; export const result = 1`,
    { 'd.js': `log('d')` },
  ),
  main(
    'import() is an expression',
    `const f = (x) => import(x); const o = { import: f }; const ps = [import('./d.js'), f('./d.js'), o.import('./d.js')]; const ms = await Promise.all(ps); export const result = [ms[0] === ms[1], ms[1] === ms[2], (await import('./d.js')).a, typeof import('./d.js').then]`,
    { 'd.js': 'export const a = 1' },
  ),
  main(
    'import() with template and newline',
    `export const result = [(await import(\`./\${'d'}.js\`)).a, (await import(\n'./d.js'\n)).a, (await import(/* c */ './d.js' /* d */)).a, (await import ('./d.js')).a]`,
    { 'd.js': 'export const a = 1' },
  ),
  main(
    'import() of module being evaluated',
    `export const p = import('./main.js').then((m) => m.late); export const late = 'late'; export const result = p`,
  ),
  main('import() during failing module', `export const result = import('./a.js').catch((e) => e.message)`, {
    'a.js': `globalThis.__p = import('./a.js').catch((e) => log('inner ' + e.message)); throw new Error('boom')`,
  }),
  main('tla siblings parallel', `import './a.js'\nimport './b.js'\nlog('main')`, {
    'a.js': `log('a1'); await new Promise((r) => setTimeout(r, 15)); log('a2')`,
    'b.js': `log('b1'); await new Promise((r) => setTimeout(r, 5)); log('b2')`,
  }),
  main('tla sync parent order', `import './p1.js'\nimport './p2.js'\nlog('main')`, {
    'a.js': `log('a1'); await 0; log('a2')`,
    'p1.js': `import './a.js'; log('p1')`,
    'p2.js': `import './a.js'; log('p2')`,
  }),
  main('tla deep ordering', `import './x.js'\nimport './y.js'\nlog('main')`, {
    'x.js': `import './x1.js'; import './x2.js'; log('x'); await 0; log('x-')`,
    'x1.js': `log('x1'); await 0; await 0; log('x1-')`,
    'x2.js': `log('x2'); await 0; log('x2-')`,
    'y.js': `import './x2.js'; log('y'); await 0; log('y-')`,
  }),
  main('tla and rejection of sibling', `import './a.js'\nimport './b.js'\nlog('never')`, {
    'a.js': `await 0; throw new Error('a')`,
    'b.js': `log('b1'); await 0; log('b2')`,
  }),
  main(
    'tla rejection and sync sibling',
    `import './a.js'\nimport './b.js'`,
    { 'a.js': `await 0; throw new Error('a')`, 'b.js': `throw new Error('b')` },
    { messages: true },
  ),
  main('tla cycle 3', `import './b.js'\nlog('main1'); await 0; log('main2')`, {
    'b.js': `import './c.js'; log('b1'); await 0; log('b2')`,
    'c.js': `import './main.js'; log('c1'); await 0; log('c2')`,
  }),
  main('tla cycle with outside importer', `import './b.js'\nimport './d.js'\nlog('main')`, {
    'b.js': `import './c.js'; log('b1'); await 0; log('b2')`,
    'c.js': `import './b.js'; log('c1'); await 0; log('c2')`,
    'd.js': `import './c.js'; log('d')`,
  }),
  main(
    'tla cycle rejection',
    `import './b.js'\nlog('never')`,
    { 'b.js': `import './c.js'; log('b')`, 'c.js': `import './b.js'; await 0; throw new Error('c')` },
    { messages: true, imports: ['main.js', 'b.js', 'c.js'] },
  ),
  main(
    'tla dynamic import of itself deadlock-free',
    `export const a = 1; const m = await import('./d.js'); export const result = m.x`,
    { 'd.js': 'export const x = 5' },
  ),
  main(
    'tla in every place',
    `export const a = await 1, [b = await 2] = []; class C { static [await 'k'] = 1; static { } } const { c } = { c: await 3 }; if (await true) log('if'); for (const x of await [1, 2]) log(x); switch (await 1) { case await 1: log('case') } label: { await 0; break label } const t = \`\${await 't'}\`; export const result = [a, b, C.k, c, t, await (async () => 9)(), (await 5) ** 2, -(await 1), [await 1, ...(await [2])], { x: await 1 }]`,
  ),
  main('tla using', `export const result = 1; for await (const x of [Promise.resolve(1), 2]) log(x)`),
  main('export default await', `import d from './d.js'\nexport const result = d`, {
    'd.js': `export default await Promise.resolve(5)`,
  }),
  main('export default await fn', `import d from './d.js'\nexport const result = [d.name, typeof d]`, {
    'd.js': `export default await (async () => () => {})()`,
  }),
  main('live binding tla mid', `import './w.js'\nimport { v } from './a.js'\nexport const result = v`, {
    'a.js': `export let v = 1; export const p = (async () => { await 0; v = 2 })(); await p; v++`,
    'w.js': `import { v } from './a.js'; log(v)`,
  }),
]
