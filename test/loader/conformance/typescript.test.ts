import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import ts from 'typescript-classic'
import { afterAll, expect, test } from 'vitest'
import { runCases } from './run-cases.ts'
import { files, programs } from './typescript.ts'

const names = Object.keys(programs)
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tickswap-typescript-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the compiler makes of a file, with imports that lead to what it made of others. */
function compiled(text: string): string {
  const { outputText } = ts.transpileModule(text, {
    fileName: '/x/main.mts',
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      useDefineForClassFields: true,
    },
  })
  return outputText.replace(/(['"]\.\/\w+)\.ts(['"])/g, '$1.js$2')
}

const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function run(mode: 'native' | 'loader'): Record<string, unknown> {
  const root = join(folder, mode)
  const extension = mode === 'native' ? 'js' : 'ts'
  for (const [index, name] of names.entries()) {
    const home = join(root, `case-${index}`)
    write(join(home, 'package.json'), '{"type":"module"}')
    for (const [file, text] of Object.entries({ ...files, 'main.ts': programs[name]! })) {
      const isSource = file.endsWith('.ts') && !file.endsWith('.d.ts')
      if (mode === 'native' && isSource) write(join(home, file.replace(/ts$/, 'js')), compiled(text))
      else write(join(home, file), text)
    }
  }
  const plan = names.map((_, index) => ({ key: `case-${index}`, imports: [`main.${extension}`] }))
  write(join(root, 'cases.json'), JSON.stringify(plan))
  return runCases(mode, root)
}

const native = run('native')
const loader = run('loader')

test.each(names.map((name, index) => [name, index] as const))('%s', (_, index) => {
  expect(loader[`case-${index}`]).toEqual(native[`case-${index}`])
})
