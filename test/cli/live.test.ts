import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { createRuntime } from '../../dist/index.js'
import { folder, MAIN, run, type Started, start } from './command.ts'

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

test('a unit goes back with its calls made again', async () => {
  const unit = (version: string, factor: number) =>
    UNIT(version, factor).replace('version:', 'deterministic: true, version:')
  const { cwd } = await engine({ 'systems/clock.ts': unit('1.0.0', 1) })
  writeFileSync(join(cwd, 'systems/clock.ts'), unit('1.1.0', 2))
  await run(['swap', 'clock', '--wait'], { cwd })
  const kept = JSON.parse((await run(['backups', '--format', 'json'], { cwd })).stdout)
  expect(kept).toMatchObject([{ units: [{ unit: 'clock', version: '1.0.0' }], isEarlier: false }])
  expect((await run(['backups'], { cwd })).stdout).toMatch(/clock 1\.0\.0 +\d+ B +0 B +this/)
  const back = await run(['rollback', 'clock', '--state', 'replay', '--format', 'json'], { cwd })
  const { restored } = JSON.parse(back.stdout)
  expect(restored).toMatchObject({ how: 'replay', ticksLost: 0 })
  expect(restored.ticksReplayed).toBeGreaterThan(2)
  const text = await run(['rollback', 'clock', '--to', '1.1.0', '--state', 'down'], { cwd })
  expect(text.stdout).toContain('state: as it is, 0 ticks lost')
  const wrong = await run(['rollback', 'clock', '--state', 'somehow'], { cwd })
  expect(wrong.code).toBe(2)
})

test('without a store the history is that of the engine that runs', async () => {
  const { cwd } = await engine()
  writeFileSync(join(cwd, 'systems/clock.ts'), UNIT('1.1.0', 2))
  await run(['swap', 'clock', '--wait'], { cwd })
  const all = JSON.parse((await run(['history', '--format', 'json'], { cwd })).stdout)
  expect(all[0]).toMatchObject({ unit: 'clock', version: '1.0.0', outcome: 'boot' })
  const live = await run(['history', 'clock', '--outcome', 'permanent', '--format', 'json'], { cwd })
  expect(JSON.parse(live.stdout)).toMatchObject([{ unit: 'clock', version: '1.1.0', outcome: 'permanent' }])
  const unknown = await run(['history', 'nobody'], { cwd })
  expect(unknown.stderr).toContain('TICKSWAP_E_UNIT_UNKNOWN')
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

test('a manual swap is confirmed from another terminal; a dry run changes nothing', async () => {
  const { cwd } = await engine({ 'engine.mjs': ENGINE.replace('probation:', 'watch: false, probation:') })
  writeFileSync(join(cwd, 'systems/clock.ts'), UNIT('1.1.0', 2))
  const dry = await run(['swap', 'clock', '--dry-run', '--format', 'json'], { cwd })
  expect([dry.code, JSON.parse(dry.stdout).outcome]).toEqual([0, 'dry-run'])
  const nothing = await run(['confirm', 'clock'], { cwd })
  expect(nothing.code).toBe(1)
  expect(nothing.stderr).toContain('TICKSWAP_E_NOT_WAITING')
  const manual = start(['swap', 'clock', '--strategy', 'manual', '--wait', '--format', 'json'], { cwd })
  for (let code: number | null = 1; code !== 0; ) code = (await run(['confirm', 'clock'], { cwd })).code
  expect(await manual.ended).toBe(0)
  expect(JSON.parse(manual.stdout)).toMatchObject({ outcome: 'permanent', by: 'admin', strategy: 'manual' })
  const refused = await run(['swap', 'clock', '--dry-run', '--strategy', 'force'], { cwd })
  expect(refused.code).toBe(2)
})

test('what failed is listed with its reason, and lifted', async () => {
  const { cwd } = await engine({ 'engine.mjs': ENGINE.replace('probation:', 'watch: false, probation:') })
  expect((await run(['quarantine'], { cwd })).stdout).toContain('nothing is in quarantine')
  const bad = UNIT('1.1.0', 2).replace('+= 2', "+= 2; throw new Error('the lights are out')")
  writeFileSync(join(cwd, 'systems/clock.ts'), bad)
  const swap = await run(['swap', 'clock', '--wait'], { cwd })
  expect(swap.code).toBe(1)
  expect(swap.stdout).toContain('rolled back')
  expect(swap.stdout).toMatch(/^> 4 \| export function step/m)
  const listed = await run(['quarantine', 'list', '--format', 'json'], { cwd })
  expect(JSON.parse(listed.stdout)).toMatchObject([{ units: [{ unit: 'clock', version: '1.1.0' }] }])
  const lifted = await run(['quarantine', 'lift', 'clock', '--format', 'json'], { cwd })
  expect(JSON.parse(lifted.stdout)).toEqual({ lifted: 1 })
  expect((await run(['quarantine', 'lift', 'nobody'], { cwd })).code).toBe(2)
})

test('diagnostics are of the engine that runs, in parts or whole', async () => {
  const { cwd } = await engine()
  const ask = async (...options: string[]) =>
    JSON.parse((await run(['diagnostics', ...options, '--format', 'json'], { cwd })).stdout)
  expect(await ask('--all')).toMatchObject({ pid: recordOf(cwd).pid, participants: [{ name: 'main' }] })
  expect(await ask('--participants', '--native')).toEqual({
    participants: [expect.objectContaining({ name: 'main', versions: { clock: '1.0.0' } })],
    native: expect.objectContaining({ implementation: expect.any(String) }),
    registry: expect.objectContaining({ units: 1 }),
  })
  expect(await ask('--store')).toEqual({ store: 'none' })
  const nowhere = { cwd: folder({}) }
  expect((await run(['diagnostics', '--participants'], nowhere)).code).toBe(1)
  const here = await run(['diagnostics', '--all', '--format', 'json'], nowhere)
  expect(JSON.parse(here.stdout)).toMatchObject({ node: process.versions.node, store: 'none' })
})

test('on a terminal there are colours and a bar, unless NO_COLOR says otherwise; in a pipe there are none', async () => {
  const { cwd } = await engine({
    'engine.mjs': ENGINE.replace('probation: { ticks: 3', 'watch: false, probation: { ticks: 300'),
  })
  const { NO_COLOR: _, FORCE_COLOR: __, ...plain } = process.env
  const onTerminal = (env: NodeJS.ProcessEnv) => {
    const command = `${process.execPath} ${MAIN} swap clock --wait`
    return spawnSync('script', ['-qec', command, '/dev/null'], { cwd, env, encoding: 'utf8' }).stdout
  }
  writeFileSync(join(cwd, 'systems/clock.ts'), UNIT('1.1.0', 2))
  const coloured = onTerminal({ ...plain, TERM: 'xterm' })
  const ESC = String.fromCharCode(27)
  expect(coloured).toContain(`${ESC}[3`)
  expect(coloured).toContain('probation')
  expect(coloured).toContain('█')
  const without = onTerminal({ ...plain, TERM: 'xterm', NO_COLOR: '1' })
  expect(without).not.toContain(`${ESC}[3`)
  const piped = await run(['swap', 'clock'], { cwd, env: { ...plain, FORCE_COLOR: '1' } })
  expect(piped.stdout + piped.stderr).not.toContain(ESC)
}, 40_000)

test('whoever reads has read enough: no complaint', () => {
  const command = `set -o pipefail; ${process.execPath} ${MAIN} --help | head -1`
  const { status, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
})
