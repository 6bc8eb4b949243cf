import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { folder, MAIN, run, start } from './command.ts'

test('a TypeScript engine, its modules and its worker threads run without a build step', async () => {
  const root = folder({
    'engine.ts': `
      import { Worker } from 'node:worker_threads'
      import { type Size, twice } from './twice.mts'
      const size: Size = 21
      console.log('engine', twice(size), JSON.stringify(process.argv.slice(2)))
      new Worker(new URL('./worker.ts', import.meta.url), { workerData: 4 satisfies number })`,
    'twice.mts': 'export type Size = number\nexport const twice = (size: Size): number => 2 * size',
    'worker.ts': `
      import { workerData } from 'node:worker_threads'
      const late: { twice(n: number): number } = await import('./twice.mts')
      console.log('worker', late.twice(workerData as number))`,
  })
  const { code, stdout, stderr } = await run(['run', join(root, 'engine.ts'), 'one', '--two', '-h'])
  expect(stderr).toBe('')
  expect(stdout).toBe('engine 42 ["one","--two","-h"]\nworker 8\n')
  expect(code).toBe(0)
})

test("flags of Node that the command was started with are the engine's", () => {
  const root = folder({
    'engine.mjs': `console.log(typeof globalThis.gc, process.execArgv.includes('--inspect=0'))`,
  })
  const flags = ['--expose-gc', '--inspect=0']
  const { stdout } = spawnSync(process.execPath, [...flags, MAIN, 'run', join(root, 'engine.mjs')])
  expect(String(stdout)).toBe('function false\n')
})

test('tickswap is found from a folder that has none, in the engine and in its workers', async () => {
  const root = folder({
    'engine.ts': `
      import { Worker } from 'node:worker_threads'
      import { defineUnit } from 'tickswap/module'
      console.log('engine', typeof defineUnit, import.meta.resolve('tickswap/module').startsWith('file:'))
      new Worker(new URL('./worker.mjs', import.meta.url))`,
    'worker.mjs': `import { f32 } from 'tickswap/module'; console.log('worker', typeof f32)`,
  })
  const { stdout, stderr } = await run(['run', join(root, 'engine.ts')])
  expect(stderr).toBe('')
  expect(stdout).toBe('engine function true\nworker function\n')
})

test('a tickswap of the folder itself comes first', async () => {
  const root = folder({
    'engine.mjs': `import { whose } from 'tickswap/module'; console.log(whose)`,
    'node_modules/tickswap/package.json': '{"exports":{"./module":"./module.mjs"}}',
    'node_modules/tickswap/module.mjs': `export const whose = 'theirs'`,
  })
  expect((await run(['run', join(root, 'engine.mjs')])).stdout).toBe('theirs\n')
})

test('another module that is missing is reported as Node does', async () => {
  const root = folder({ 'engine.mjs': `import 'no-such-package'` })
  const { code, stderr } = await run(['run', join(root, 'engine.mjs')])
  expect(stderr).toContain('ERR_MODULE_NOT_FOUND')
  expect(stderr).toContain('no-such-package')
  expect(code).toBe(1)
})

test.each(['js', 'mjs', 'cjs', 'ts', 'mts', 'cts'])('an engine may end in .%s', async (extension) => {
  const text = /c.s/.test(extension)
    ? `console.log('common', typeof require)`
    : `import 'node:fs'; console.log('module')`
  const root = folder({
    'package.json': '{"type":"module"}',
    [`engine.${extension}`]: text + (extension.includes('t') ? '; const n: number = 1' : ''),
  })
  const { code, stdout } = await run(['run', join(root, `engine.${extension}`)])
  expect(stdout).toBe(/c.s/.test(extension) ? 'common function\n' : 'module\n')
  expect(code).toBe(0)
})

test('stack traces are right to line and column, with types removed and with enums compiled', async () => {
  const stripped = `interface A {\n  a: number\n}\n\nconst a: A = { a: 1 }; throw new Error(String(a.a))\n`
  const compiled = `enum A {\n  B,\n  C,\n}\n\nconst a: A = A.C; throw new Error(String(a))\n`
  const root = folder({ 'stripped.ts': stripped, 'compiled.ts': compiled })
  const first = await run(['run', join(root, 'stripped.ts')])
  expect(first.stderr).toContain(`${join(root, 'stripped.ts')}:5:30`)
  expect(first.code).toBe(1)
  const second = await run(['run', join(root, 'compiled.ts')])
  expect(second.stderr).toContain(`${join(root, 'compiled.ts')}:6:25`)
  expect(second.stderr).toContain('Error: 1')
})

test('a syntax error is named with its place', async () => {
  const root = folder({ 'engine.ts': 'const ok = 1\nconst a: = 2\n' })
  const { code, stderr } = await run(['run', join(root, 'engine.ts')])
  expect(stderr).toContain('TICKSWAP_E_SYNTAX')
  expect(stderr).toContain(`${join(root, 'engine.ts')}:2:10`)
  expect(code).toBe(1)
})

test('the exit code of the engine is passed on', async () => {
  const root = folder({ 'engine.ts': 'process.exitCode = 42 as number' })
  expect((await run(['run', join(root, 'engine.ts')])).code).toBe(42)
})

test.each([
  ['SIGINT', 'graceful', 7],
  ['SIGTERM', 'graceful', 7],
  ['SIGINT', 'abrupt', 130],
  ['SIGTERM', 'abrupt', 143],
] as const)('%s reaches the engine: %s', async (signal, manner, code) => {
  const handler = `process.on('${signal}', () => { console.log('heard'); process.exit(7) })`
  const root = folder({
    'engine.ts': `${manner === 'graceful' ? handler : ''}\nsetInterval(() => {}, 1000)\nconsole.log('up')`,
  })
  const started = start(['run', join(root, 'engine.ts')])
  await started.prints('up\n')
  started.child.kill(signal)
  expect(await started.ended).toBe(code)
  expect(started.stdout).toBe(manner === 'graceful' ? 'up\nheard\n' : 'up\n')
})

test('standard input and messages of a parent reach the engine', async () => {
  const root = folder({
    'engine.ts': `
      process.on('message', (message: string) => { process.send!(message + '!'); process.disconnect() })
      process.stdin.on('data', (data) => process.send!('read ' + data))
      process.send!('up')`,
  })
  const child = fork(MAIN, ['run', join(root, 'engine.ts')], { stdio: ['pipe', 'inherit', 'inherit', 'ipc'] })
  onTestFinished(() => void child.kill())
  expect(await once(child, 'message')).toEqual(['up', undefined])
  child.stdin!.end('words')
  expect(await once(child, 'message')).toEqual(['read words', undefined])
  child.send('hello')
  expect(await once(child, 'message')).toEqual(['hello!', undefined])
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('--units is where createRuntime finds units unless the engine says so', async () => {
  const root = folder({
    'engine.ts': `
      import { createRuntime } from 'tickswap'
      const runtime = await createRuntime({ watch: false })
      console.log(runtime.use('probe').version, process.env.TICKSWAP_UNITS)
      await runtime.close()`,
    'units/probe.ts': `
      import { defineUnit } from 'tickswap/module'
      export const unit = defineUnit({ version: '3.2.1' })`,
  })
  const { stdout, stderr } = await run(['run', '--units', 'units', 'engine.ts'], { cwd: root })
  expect(stderr).toBe('')
  expect(stdout.trim()).toBe(`3.2.1 ${join(root, 'units')}`)
})

test.each([
  [['run'], 'TICKSWAP_E_USAGE', 'entry'],
  [['run', 'missing.ts'], 'TICKSWAP_E_ENTRY', 'missing.ts'],
  [['run', 'units'], 'TICKSWAP_E_ENTRY', 'is not a file'],
  [['run', 'notes.txt'], 'TICKSWAP_E_ENTRY', 'extension'],
  [['run', '--units', 'nowhere', 'engine.ts'], 'TICKSWAP_E_USAGE', 'nowhere'],
  [['run', '--nonsense', 'engine.ts'], 'TICKSWAP_E_USAGE', '--nonsense'],
  [['nonsense'], 'TICKSWAP_E_USAGE', 'nonsense'],
])('a wrong command line %j is refused with exit code 2', async (args, code, word) => {
  const root = folder({ 'engine.ts': '', 'notes.txt': '', 'units/a.ts': '' })
  const result = await run(args, { cwd: root })
  expect(result.stderr).toContain(code)
  expect(result.stderr).toContain(word)
  expect(result.stderr.trim().split('\n')).toHaveLength(1)
  expect(result.stdout).toBe('')
  expect(result.code).toBe(2)
})

test('--sync-test tells on stderr which unit is not deterministic', async () => {
  const unit = (name: string) => `import { defineUnit, f32 } from 'tickswap/module'
    let age = 0
    export const unit = defineUnit({ version: '1.0.0', deterministic: true, state: { columns: { ${name}: f32(4) } } })
    export const step = () => { if (++age > 5) unit.state.columns.${name}[2] = age }`
  const root = folder({
    'engine.ts': `
      import { createRuntime } from 'tickswap'
      const runtime = await createRuntime({ units: new URL('./units', import.meta.url), watch: false })
      const [told, silent] = [runtime.use('told'), runtime.use('silent')]
      let over = false
      runtime.on('warning', () => { over = true })
      const end = Date.now() + 10_000
      while (!over && Date.now() < end) {
        runtime.tick()
        told.exports.step()
        silent.exports.step()
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      await runtime.close()`,
    'units/told.ts': unit('heat'),
    'units/silent.ts': unit('cold'),
  })
  const { stderr, code } = await run(['run', '--sync-test=told', join(root, 'engine.ts')])
  expect(stderr).toMatch(
    /^sync test: told 1\.0\.0, which declares itself deterministic: heat\[2\] is \d+ after a tick, and \d+ when the tick is run again \(.*told\.ts, in main\)$/m,
  )
  expect(stderr).not.toContain('silent')
  expect(code).toBe(0)
})
