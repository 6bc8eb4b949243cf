import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { clock, type Served, serve, TOKEN } from './engine.ts'

const json = async <T>(response: Response | Promise<Response>): Promise<T> =>
  (await response).json() as Promise<T>

interface Unit {
  version: string
  state: string
  backupBytes: number
}
const unit = async ({ get }: Served): Promise<Unit> => (await json<Unit[]>(get('/api/units')))[0]!
const bearer = { authorization: `Bearer ${TOKEN}` }

test('a manual swap waits as a candidate, and confirm lets it pass', async () => {
  const engine = await serve({ watch: false })
  expect((await engine.post('/api/units/clock/confirm')).status).toBe(409)
  expect((await engine.post('/api/units/nobody/confirm')).status).toBe(404)
  engine.save(clock('1.1.0', 2))
  const swapped = engine.post('/api/units/clock/swap', { strategy: 'manual', confirmMs: 30_000 })
  await engine.until(async () => (await unit(engine)).state === 'candidate', 'the candidate')
  expect(await unit(engine)).toMatchObject({ version: '1.0.0' })
  const confirm = async () => (await engine.post('/api/units/clock/confirm')).status === 200
  await engine.until(confirm, 'somebody to wait for consent')
  expect(await json(swapped)).toMatchObject({ outcome: 'committed', strategy: 'manual', by: 'admin' })
  await engine.until(async () => (await unit(engine)).state === 'running', 'the end of probation')
  expect(await unit(engine)).toMatchObject({ version: '1.1.0', backupBytes: expect.any(Number) })
})

test('a manual swap that nobody confirms is refused, a dry run changes nothing; neither stays a candidate', async () => {
  const engine = await serve({ watch: false })
  engine.save(clock('1.1.0', 2))
  const late = await json(engine.post('/api/units/clock/swap', { strategy: 'manual', confirmMs: 50 }))
  expect(late).toMatchObject({ outcome: 'refused' })
  const dry = await json(engine.post('/api/units/clock/swap', { strategy: 'dry-run' }))
  expect(dry).toMatchObject({ outcome: 'dry-run' })
  await engine.until(async () => (await unit(engine)).state === 'running', 'no candidate')
  expect(await unit(engine)).toMatchObject({ version: '1.0.0' })
})

test('what failed is in quarantine with its frame, is lifted, and is tried again', async () => {
  const engine = await serve({ watch: false })
  engine.save(clock('1.1.0', 1, "throw new Error('the lights are out')"))
  await engine.post('/api/units/clock/swap')
  await engine.until(async () => (await unit(engine)).state === 'quarantined', 'the quarantine')
  interface Report {
    outcome: string
    findings: { frame?: string; code: string }[]
  }
  const failed = (await json<Report[]>(engine.get('/api/swaps'))).find(
    ({ outcome }) => outcome === 'rolled-back',
  )
  expect(failed!.findings[0]!.frame).toMatch(/> \d \| export function step.*the lights are out.*\n.*\^/)
  const held = await json(engine.get('/api/quarantine'))
  expect(held).toMatchObject([{ units: [{ unit: 'clock', version: '1.1.0' }], reason: expect.any(String) }])
  const again = await json<Report>(engine.post('/api/units/clock/swap'))
  expect(again).toMatchObject({ outcome: 'refused', findings: [{ code: 'TICKSWAP_E_QUARANTINED' }] })
  const lifted = await engine.post('/api/units/clock/quarantine/lift')
  expect(await lifted.json()).toEqual({ lifted: 1 })
  expect((await unit(engine)).state).toBe('running')
  expect(await json(engine.post('/api/units/clock/swap'))).toMatchObject({ outcome: 'committed' })
  expect((await engine.post('/api/units/nobody/quarantine/lift')).status).toBe(404)
})

test('sources of versions take the token, and are what was saved', async () => {
  const engine = await serve({ watch: false })
  const [first, second] = [clock('1.0.0'), clock('1.1.0', 2, 'const wide: number = 3; void wide')]
  engine.save(second)
  await engine.post('/api/units/clock/swap')
  const path = (version: string) => `/api/units/clock/sources/${version}`
  expect((await engine.get(path('1.0.0'))).status).toBe(401)
  for (const [version, text] of [
    ['1.0.0', first],
    ['1.1.0', second],
  ] as const) {
    await engine.until(async () => (await engine.get(path(version), bearer)).status === 200, 'the sources')
    expect(await json(engine.get(path(version), bearer))).toMatchObject({
      files: [{ file: join(engine.folder, 'clock.ts'), text, isAsWritten: true }],
    })
  }
  expect((await engine.get(path('9.9.9'), bearer)).status).toBe(404)
  expect((await engine.get(path('..%2f..%2fetc%2fpasswd'), bearer)).status).toBe(400)
})

test('with a store: history and sources of an earlier run, and the tiers', async () => {
  const store = mkdtempSync(join(tmpdir(), 'tickswap-admin-store-'))
  onTestFinished(() => rmSync(store, { recursive: true, force: true }))
  const before = await serve({ store, watch: false })
  before.save(clock('1.1.0', 2))
  await before.post('/api/units/clock/swap')
  await before.until(async () => (await unit(before)).state === 'running', 'the end of probation')
  await before.runtime.close()
  const engine = await serve({ store, watch: false })
  const history = await json<{ version: string; outcome: string }[]>(engine.get('/api/units/clock/history'))
  const told = history.map(({ version, outcome }) => `${outcome} ${version}`)
  expect(told.slice(0, 3)).toEqual(['boot 1.0.0', 'committed 1.1.0', 'permanent 1.1.0'])
  const old = await engine.get('/api/units/clock/sources/1.1.0', bearer)
  expect(await json(Promise.resolve(old))).toMatchObject({ files: [{ text: clock('1.1.0', 2) }] })
  const [kept] = await json<object[]>(engine.get('/api/backups'))
  expect(kept).toMatchObject({
    units: [{ unit: 'clock', version: '1.0.0' }],
    isEarlier: true,
    isUsable: true,
  })
  expect(await json(engine.post('/api/units/clock/rollback', { to: '1.1.0' }))).toMatchObject({
    units: [{ to: '1.1.0' }],
    restored: { how: 'none', ticksLost: 0 },
  })
  const vitals = await json(engine.get('/api/vitals'))
  expect(vitals).toMatchObject({ queued: 0, store: { tiers: { hot: { hits: expect.any(Number) } } } })
  const metrics = await (await engine.get('/metrics')).text()
  for (const line of [
    /^tickswap_control_queue_length 0$/m,
    /^tickswap_unit_backup_bytes\{unit="clock"\} \d+$/m,
    /^tickswap_store_tier_bytes\{tier="warm"\} \d+$/m,
    /^tickswap_store_tier_hits_total\{tier="hot"\} \d+$/m,
    /^tickswap_store_disk_bytes\{backend="lmdb"\} [1-9]\d*$/m,
    /^tickswap_registry_versions [1-9]/m,
  ])
    expect(metrics).toMatch(line)
})

test('participants are listed with the versions they run; diagnostics have it all', async () => {
  const engine = await serve({ watch: false })
  const runs = async () =>
    (await json<{ versions?: Record<string, string> }[]>(engine.get('/api/participants')))[0]?.versions?.clock
  await engine.until(async () => (await runs()) === '1.0.0', 'the version')
  engine.save(clock('1.1.0', 2))
  await engine.post('/api/units/clock/swap')
  await engine.until(async () => (await runs()) === '1.1.0', 'the new version')
  const diagnostics = await json(engine.get('/api/diagnostics'))
  expect(diagnostics).toMatchObject({
    node: process.versions.node,
    native: { implementation: expect.any(String) },
    memory: { arenaBytes: expect.any(Number) },
    participants: [{ name: 'main', versions: { clock: '1.1.0' } }],
  })
  expect(JSON.stringify(diagnostics)).not.toContain(TOKEN)
})
