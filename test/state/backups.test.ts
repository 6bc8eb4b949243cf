import { describe, expect, test } from 'vitest'
import type { RuntimeOptions, SwapReport } from '../../dist/index.js'
import { open } from '../support/opened.ts'
import { openFleet } from '../support/opened-fleet.ts'
import { Scratch } from '../support/scratch.ts'
import { filled, world } from './world.ts'

const one = (version: string) => world({ version, columns: 'speed: f32(500)', unit: filled('speed') })
/** The speed is gone, and no way leads back. */
const two = world({
  version: '2.0.0',
  columns: 'energy: f32(500)',
  migrate: `'^1.0.0': { up(old, next) { next.columns.energy.set(old.columns.speed) } }`,
})

async function start(runtime: Partial<RuntimeOptions> = {}, files: Record<string, string> = {}) {
  const { scratch, fleet } = await openFleet(
    { 'world.ts': one('1.0.0'), ...files },
    {
      unit: 'world',
      workers: 1,
      runtime: { ...runtime, probation: { ticks: 4 } },
    },
  )
  const columns = () => fleet.handle.state.columns as unknown as Record<string, Float32Array>
  const edit = async (text: string, file = 'world.ts') => {
    const since = fleet.reports.length
    await scratch.write(file, text)
    return fleet.report('permanent', since)
  }
  const back = async (unit: string, options: object): Promise<SwapReport> => {
    const since = fleet.reports.length
    const report = await fleet.during(fleet.runtime.rollback(unit, options))
    if (report.outcome === 'committed') await fleet.report('permanent', since)
    return report
  }
  /** The hash of a backup is taken in the turn of the control thread that comes after the news of its swap. */
  const hashed = async () => {
    for (let turn = 0; turn < 2; turn++) await fleet.during(fleet.runtime.backups())
  }
  const backups = async (unit: string) =>
    (await fleet.during(fleet.runtime.units())).find((each) => each.unit === unit)!.backups
  return { scratch, fleet, columns, edit, back, backups, hashed }
}

describe('a rollback by hand', () => {
  test('restores the backup where the present state has no way back, and says what that costs', async () => {
    const { fleet, columns, edit, back, backups } = await start()
    const values = [...columns().speed!]
    await edit(two)
    const at = columns().steps![0]!
    await fleet.frames(20)
    expect(await backups('world')).toEqual(['1.0.0'])
    const none = await back('world', { state: 'down' })
    expect(none.outcome).toBe('refused')
    expect(none.findings.map(({ code }) => code)).toContain('TICKSWAP_E_MIGRATION_MISSING')
    const report = await back('world', {})
    expect(report.outcome, JSON.stringify(report.findings)).toBe('committed')
    expect(report.restored!.how).toBe('backup')
    expect([...columns().speed!]).toEqual(values)
    // What was lost is the frames since the commit, which the report counts.
    expect(fleet.frame - columns().steps![0]!).toBe(report.restored!.ticksLost)
    expect(report.restored!.ticksLost).toBeGreaterThanOrEqual(20)
    expect(columns().steps![0]!).toBeLessThan(at + 20)
    expect(fleet.mixed).toBe(0)
  })

  test('restores the backup where `down` fails, unless that is what was asked for', async () => {
    const { columns, edit, back } = await start()
    const values = [...columns().speed!]
    const throwing = `'^1.0.0': { lossy: true, up() {}, down() { throw new Error('no way') } }`
    await edit(world({ version: '2.0.0', columns: 'speed: f32(600)', migrate: throwing }))
    const down = await back('world', { state: 'down' })
    expect([down.outcome, down.findings[0]!.code]).toEqual(['refused', 'TICKSWAP_E_MIGRATION_FAILED'])
    const report = await back('world', {})
    expect(report.outcome, JSON.stringify(report.findings)).toBe('committed')
    expect(report.restored!.how).toBe('backup')
    const found = report.findings.find(({ code }) => code === 'TICKSWAP_E_MIGRATION_FAILED')
    expect(found).toMatchObject({ severity: 'warning', unit: 'world' })
    expect([...columns().speed!]).toEqual(values)
  })

  test('restores on request, or takes the present state along', async () => {
    const { fleet, columns, edit, back } = await start()
    await edit(one('1.1.0'))
    await fleet.frames(15)
    const along = await back('world', { to: '1.0.0', state: 'down' })
    expect(along.restored).toEqual({ how: 'none', ticksLost: 0 })
    expect(columns().steps![0]).toBe(fleet.frame)
    await fleet.frames(10)
    const restored = await back('world', { to: '1.1.0', state: 'restore' })
    expect(restored.restored!.how).toBe('backup')
    expect(fleet.frame - columns().steps![0]!).toBe(restored.restored!.ticksLost)
    const missing = await back('world', { to: '1.0.0', state: 'restore' })
    expect(missing.outcome).toBe('committed')
    await expect(fleet.runtime.rollback('world', { state: 'somehow' as never })).rejects.toThrow('state')
  })

  test('refuses a backup that is not what was kept, with both hashes', async () => {
    const { fleet, columns, edit, back, hashed } = await start()
    const { speed } = columns()
    await edit(two)
    await hashed()
    // What a stray native thread would do: the old arena is the backup.
    speed![77] = 4711
    const report = await back('world', { state: 'restore' })
    expect(report.outcome).toBe('refused')
    const [found] = report.findings
    expect(found!.code).toBe('TICKSWAP_E_BACKUP_CORRUPT')
    expect(found!.message).toMatch(/hash [0-9a-f]{16}, but it is [0-9a-f]{16}/)
    expect(fleet.handle.version).toBe('2.0.0')
    expect(columns().steps![0]).toBe(fleet.frame)
  })

  test('offers the next backup of the same version when the newest is damaged', async () => {
    const { columns, edit, back, hashed } = await start()
    await edit(two)
    await back('world', {})
    const { speed } = columns()
    const values = [...speed!]
    await edit(two.replace('2.0.0', '2.0.1'))
    await hashed()
    speed![77] = 4711
    const report = await back('world', { to: '1.0.0' })
    expect(report.outcome, JSON.stringify(report.findings)).toBe('committed')
    const warning = report.findings.find(({ code }) => code === 'TICKSWAP_E_BACKUP_CORRUPT')
    expect(warning?.severity).toBe('warning')
    expect([...columns().speed!]).toEqual(values)
  })

  test('takes back what required the version that is left, in one swap', async () => {
    const road = (version: string, range: string) =>
      `import { defineUnit } from 'tickswap/module'
       export const unit = defineUnit({ version: '${version}', requires: { world: '${range}' } })`
    const { scratch, fleet, back } = await start({}, { 'road.ts': road('1.0.0', '*') })
    const since = fleet.reports.length
    await scratch.write('world.ts', one('1.1.0'))
    await fleet.report('permanent', since)
    const next = fleet.reports.length
    await scratch.write('road.ts', road('1.1.0', '^1.1.0'))
    await fleet.report('permanent', next)
    const report = await back('world', {})
    expect(report.outcome, JSON.stringify(report.findings)).toBe('committed')
    const moves = report.units.map(({ unit, from, to }) => `${unit} ${from} ${to}`).sort()
    expect(moves).toEqual(['road 1.1.0 1.0.0', 'world 1.1.0 1.0.0'])
    expect(report.findings.find(({ code }) => code === 'TICKSWAP_E_CASCADE')?.unit).toBe('road')
    const units = await fleet.during(fleet.runtime.units())
    expect(units.map(({ unit, version }) => `${unit} ${version}`)).toEqual(['world 1.0.0', 'road 1.0.0'])
  })
})

describe('what is kept', () => {
  test('by number and bytes: the newest stays', async () => {
    const { edit, backups } = await start({ backups: { count: 2 } })
    for (const patch of [1, 2, 3]) await edit(one(`1.0.${patch}`))
    expect(await backups('world')).toEqual(['1.0.1', '1.0.2'])
    const small = await start({ backups: { bytes: 1 } })
    for (const patch of [1, 2]) await small.edit(one(`1.0.${patch}`))
    expect(await small.backups('world')).toEqual(['1.0.1'])
  })

  test('with a store, what memory has no room for is read from there', async () => {
    const store = await Scratch.create({})
    open.push(store)
    const { fleet, columns, edit, back, backups } = await start({
      backups: { bytes: 1 },
      store: { path: store.path('kept') },
    })
    await edit(two)
    await fleet.frames(30)
    for (const patch of [1, 2]) await edit(two.replace('2.0.0', `2.0.${patch}`))
    const end = performance.now() + 5000
    while ((await backups('world')).length < 3 && performance.now() < end) await fleet.frames(1)
    expect(await backups('world')).toEqual(['1.0.0', '2.0.0', '2.0.1'])
    const report = await back('world', { to: '1.0.0' })
    expect(['committed', 'permanent'], JSON.stringify(report.findings)).toContain(report.outcome)
    expect(report.restored!.how).toBe('backup')
    expect(columns().speed![199]).toBe(199)
  })
})
