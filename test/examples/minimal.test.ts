import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { start } from '../cli/command.ts'

const EXAMPLE = fileURLToPath(new URL('../../examples/minimal', import.meta.url))

function copyOfExample(): string {
  const root = mkdtempSync(join(tmpdir(), 'tickswap-minimal-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  cpSync(EXAMPLE, root, { recursive: true })
  return root
}

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8')
  expect(text).toContain(from)
  writeFileSync(file, text.replace(from, to))
}

test('the minimal example: an edit goes live and the state stays', async () => {
  const root = copyOfExample()
  const engine = start(['run', join(root, 'engine.ts')])
  await engine.prints('Hello number 1\n')
  edit(join(root, 'systems/greeter.ts'), 'Hello', 'Good morning')
  await engine.prints(/greeter 1\.0\.0 -> 1\.0\.0\.1, live in \d+\.\d ms\n/)
  await engine.prints(/Good morning number [2-9]\n/)

  edit(join(root, 'systems/clock.ts'), 'RATE = 1', 'RATE = 20')
  await engine.prints(/clock 1\.0\.0 -> 1\.0\.0\.1/)
  await engine.prints(/Good morning number 1\d\n/)
  const numbers = [...engine.stdout.matchAll(/number (\d+)\n/g)].map(([, number]) => Number(number))
  expect(numbers).toEqual(numbers.map((_, k) => k + 1))

  engine.child.kill('SIGINT')
  expect(await engine.ended).toBe(0)
  expect(engine.stderr).toBe('')
})

test('the minimal example: a mistake is refused, one that throws is taken back, and the next save heals', async () => {
  const root = copyOfExample()
  const greeter = join(root, 'systems/greeter.ts')
  const engine = start(['run', join(root, 'engine.ts')])
  await engine.prints('Hello number 1\n')
  edit(greeter, 'return `Hello', 'return return `Hello')
  await engine.prints('refused: ')
  edit(greeter, 'return return `Hello', 'return `Hello')
  edit(greeter, 'const { soft } =', `if (seconds() > 0) throw new Error('oh no')\n  const { soft } =`)
  await engine.prints('greeter 1.0.0 -> 1.0.0.1')
  await engine.prints(/taken back: .*oh no/)
  await engine.prints('Hello number 2\n')
  edit(greeter, `if (seconds() > 0) throw new Error('oh no')\n`, '')
  edit(greeter, 'Hello', 'Healed')
  await engine.prints(/Healed number \d\n/)
  engine.child.kill('SIGINT')
  expect(await engine.ended).toBe(0)
})
