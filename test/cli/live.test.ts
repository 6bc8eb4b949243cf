import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { createRuntime } from '../../dist/index.js'
import { folder, run, type Started, start } from './command.ts'

const UNIT = (version: string, factor: number) => `
import { defineUnit, f64 } from 'tickswap/module'
export const unit = defineUnit({ version: '${version}', state: { columns: { clock: f64(1) } } })
export function step() { unit.state.columns.clock[0] += ${factor} }
`
const ENGINE = `
import { createRuntime } from 'tickswap'
const runtime = await createRuntime({ units: './systems', probation: { ticks: 3 } })
const clock = runtime.use('clock')
setInterval(() => { runtime.tick(); clock.exports.step() }, 2)
runtime.tick()
process.on('SIGTERM', async () => { await runtime.close(); process.exit(0) })
console.log('running')
`

async function engine(files: Record<string, string> = {}): Promise<{ cwd: string; engine: Started }> {
  const cwd = folder({ 'engine.mjs': ENGINE, 'systems/clock.ts': UNIT('1.0.0', 1), ...files })
  const started = start(['run', 'engine.mjs'], { cwd })
  await started.prints('running')
  return { cwd, engine: started }
}

const recordOf = (cwd: string) => {
  const [own] = readdirSync(join(cwd, '.tickswap'))
  return JSON.parse(readFileSync(join(cwd, '.tickswap', own!, 'engine.json'), 'utf8'))
}

test('commands see the engine, and change it', async () => {
  const { cwd } = await engine()
  const units = await run(['units', '--format', 'json'], { cwd })
  expect(JSON.parse(units.stdout)).toMatchObject([{ unit: 'clock', version: '1.0.0' }])

  writeFileSync(join(cwd, 'systems/clock.ts'), UNIT('1.1.0', 2))
  const swap = await run(['swap', 'clock', '--format', 'json'], { cwd })
  expect(swap.stderr).toBe('')
  const report = JSON.parse(swap.stdout)
  // The watcher may have been faster than the command.
  expect(['committed', 'unchanged']).toContain(report.outcome)
  const now = await run(['units', '--format', 'yaml'], { cwd })
  expect(parse(now.stdout)).toMatchObject([{ version: '1.1.0', editions: expect.arrayContaining(['1.0.0']) }])

  const back = await run(['rollback', 'clock', '--to', '1.0.0'], { cwd })
  expect(back.code).toBe(0)
  expect(back.stdout).toContain('clock 1.1.0 -> 1.0.0')
  const participants = JSON.parse((await run(['participants', '--format', 'json'], { cwd })).stdout)
  expect(participants).toMatchObject([{ name: 'main', state: 'ticking', ticksPerSecond: expect.any(Number) }])
  const status = await run(['status', '--format', 'json'], { cwd })
  expect(JSON.parse(status.stdout)).toMatchObject({ units: ['clock 1.0.0'], participants: 1 })
  const top = await run(['top', '--rounds', '2'], { cwd })
  expect(top.stdout).toMatch(/main +ticking/)
  expect(top.code).toBe(0)
})

test('what cannot be done says so, with the exit code', async () => {
  const { cwd } = await engine()
  const unknown = await run(['rollback', 'nobody'], { cwd })
  expect(unknown.code).toBe(2)
  expect(unknown.stderr).toContain('TICKSWAP_E_UNIT_UNKNOWN')
  const broken = await run(['status', '--pid', 'many'], { cwd })
  expect(broken.code).toBe(2)
  const empty = await run(['status'], { cwd: folder({}) })
  expect(empty.code).toBe(1)
  expect(empty.stderr).toContain('TICKSWAP_E_NO_ENGINE')
})

test('the socket is for this user only, and goes with the engine', async () => {
  const { cwd, engine: started } = await engine()
  const { socket, pid } = recordOf(cwd)
  expect(statSync(socket).mode & 0o777).toBe(0o600)
  expect(statSync(join(cwd, '.tickswap')).mode & 0o777).toBe(0o700)
  process.kill(pid, 'SIGTERM')
  await started.ended
  expect(existsSync(socket)).toBe(false)
})

test('two engines in one folder are told apart, and what a dead one left is swept', async () => {
  const cwd = folder({ 'engine.mjs': ENGINE, 'systems/clock.ts': UNIT('1.0.0', 1) })
  const dead = join(cwd, '.tickswap/engine-999999999-dead')
  mkdirSync(dead, { recursive: true })
  const engines = [start(['run', 'engine.mjs'], { cwd }), start(['run', 'engine.mjs'], { cwd })]
  for (const each of engines) await each.prints('running')
  expect(existsSync(dead)).toBe(false)
  const either = await run(['status'], { cwd })
  expect(either.stderr).toContain('choose one with --pid')
  const one = await run(['status', '--pid', String(recordOf(cwd).pid)], { cwd })
  expect(one.stdout).toContain(String(recordOf(cwd).pid))
})

async function talk(socket: string, text: string): Promise<string> {
  const client = connect(socket)
  let heard = ''
  client.on('data', (data) => {
    heard += data
  })
  client.on('error', () => {})
  client.write(text)
  const ended = once(client, 'close')
  const deadline = AbortSignal.timeout(5000)
  while (!heard.includes('\n') && !client.destroyed && !deadline.aborted)
    await Promise.race([once(client, 'data', { signal: deadline }).catch(() => {}), ended])
  client.destroy()
  return heard
}

test('what is no request is refused, and the engine does not notice', async () => {
  const units = folder({ 'clock.ts': UNIT('1.0.0', 1) })
  const runtime = await createRuntime({ units, socket: join(units, 'sockets') })
  onTestFinished(() => runtime.close())
  const [own] = readdirSync(join(units, 'sockets'))
  const { socket } = JSON.parse(readFileSync(join(units, 'sockets', own!, 'engine.json'), 'utf8'))
  for (const nonsense of ['{', '[]', '{"id": 1.5, "operation": "status"}', 'GET / HTTP/1.1'])
    expect(await talk(socket, `${nonsense}\n`)).toContain('TICKSWAP_E_REQUEST')
  const unknown = ['toString', '__proto__', 'explode']
  for (const operation of unknown)
    expect(await talk(socket, `${JSON.stringify({ id: 1, operation })}\n`)).toContain('there is no operation')
  const wrong = [{ unit: 7 }, { unit: 'clock', to: '' }, { unit: 'clock', more: 1 }, [], {}]
  for (const params of wrong)
    expect(await talk(socket, `${JSON.stringify({ id: 1, operation: 'rollback', params })}\n`)).toContain(
      'TICKSWAP_E_REQUEST',
    )
  expect(await talk(socket, 'x'.repeat(100_000))).toContain('longer than')
  expect(await talk(socket, '{"id": 9, "operation": "units"}\n')).toContain('"version":"1.0.0"')
  expect(runtime.use('clock').version).toBe('1.0.0')
})

test('a folder that cannot be written to is an error at the start', async () => {
  const units = folder({ 'clock.ts': UNIT('1.0.0', 1), file: '' })
  await expect(createRuntime({ units, socket: join(units, 'file') })).rejects.toMatchObject({
    code: 'TICKSWAP_E_SOCKET',
  })
})

test('doctor says what is well and what is not', async () => {
  const cwd = folder({ 'systems/clock.ts': UNIT('1.0.0', 1) })
  const well = await run(['doctor', '--units', 'systems', '--format', 'json'], { cwd })
  expect(well.code).toBe(0)
  const verdicts = JSON.parse(well.stdout).map(({ name }: { name: string }) => name)
  expect(verdicts).toEqual(expect.arrayContaining(['node', 'native core', 'units']))
  const ill = await run(['doctor', '--units', 'nowhere', '--admin', '99999'], { cwd })
  expect(ill.code).toBe(1)
  expect(ill.stdout).toMatch(/units +FAILED/)
  expect(ill.stdout).toMatch(/port +FAILED/)
})
