import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { RollbackState, RuntimeOptions, SwapReport } from '../../dist/index.js'
import { OF_SWAPS } from '../../dist/store/backups.js'
import { Store } from '../../dist/store/store.js'
import { Engine } from '../store/engine.ts'
import { counter } from '../support/counter.ts'
import { changeRecords, flipped } from '../support/damaged-store.ts'
import { Fleet } from '../support/fleet.ts'
import { open } from '../support/opened.ts'
import { Scratch } from '../support/scratch.ts'

type Files = Readonly<Record<string, string>>
type StoreOptions = Exclude<NonNullable<RuntimeOptions['store']>, string | false>

/** An engine, its files and its store, which is started again and again. */
class Plant {
  readonly #scratch: Scratch
  readonly #options: Partial<StoreOptions>
  #fleet: Fleet | undefined
  #folder = 'units'

  private constructor(scratch: Scratch, options: Partial<StoreOptions>) {
    this.#scratch = scratch
    this.#options = options
  }

  /** Runs each of `versions` in turn until it is permanent, and ends. */
  static async ran(versions: readonly Files[], options: Partial<StoreOptions> = {}): Promise<Plant> {
    const plant = new Plant(await Scratch.create({}), options)
    open.push(plant.#scratch)
    await plant.write(versions[0]!)
    await plant.start()
    for (const files of versions.slice(1)) await plant.edit(files)
    await plant.stop()
    return plant
  }

  get store(): string {
    return join(this.#scratch.dir, 'store')
  }

  get units(): string {
    return this.#scratch.path(this.#folder)
  }

  /** Gives the folder of the units another name. */
  async move(): Promise<void> {
    await rename(this.units, this.#scratch.path('moved'))
    this.#folder = 'moved'
  }

  get fleet(): Fleet {
    return this.#fleet!
  }

  async start(more: Partial<StoreOptions> = {}): Promise<Fleet> {
    const store = { path: this.store, ...this.#options, ...more }
    const runtime = { units: this.units, store, watch: false, probation: { ticks: 3 } }
    this.#fleet = await Fleet.start(this.#scratch, { unit: 'counter', workers: 1, runtime })
    open.push(this.#fleet)
    return this.#fleet
  }

  async stop(): Promise<void> {
    open.splice(open.indexOf(this.fleet), 1)
    await this.fleet.close()
  }

  async write(files: Files): Promise<void> {
    for (const [name, text] of Object.entries(files))
      await this.#scratch.write(`${this.#folder}/${name}`, text)
  }

  async edit(files: Files): Promise<SwapReport> {
    await this.write(files)
    const names = Object.keys(files).map((name) => name.slice(0, -3))
    return this.#passed(this.fleet.runtime.swap(...names.filter((name) => name !== 'lib')))
  }

  /** Goes back, and passes the probation of that. */
  async live(to?: string, unit = 'counter', state?: RollbackState): Promise<SwapReport> {
    const report = await this.back(to, unit, state)
    expect(LIVE, JSON.stringify(report.findings)).toContain(report.outcome)
    return report
  }

  back(to?: string, unit = 'counter', state?: RollbackState): Promise<SwapReport> {
    const options = { ...(to !== undefined && { to }), ...(state && { state }) }
    return this.#passed(this.fleet.runtime.rollback(unit, options))
  }

  async #passed(asked: Promise<SwapReport>): Promise<SwapReport> {
    const since = this.fleet.reports.length
    const report = await this.fleet.during(asked)
    if (LIVE.includes(report.outcome)) await this.fleet.report('permanent', since)
    return report
  }

  /** The objects with the sources of a version. */
  async sources(unit: string, version: string): Promise<string[]> {
    const store = await Store.read(this.store)
    const owners = await store.objects.owners(`version/${unit}/`)
    const found = owners.filter((name) => name.split('/')[3] === version)
    const hashes = found.flatMap((name) => store.objects.owner(name)!.hashes)
    await store.close()
    return hashes.flatMap((hash) => [`o/${hash}`, `m/${hash}`])
  }

  /** The versions of the backups that the store has, also while an engine holds it. */
  async backups(unit: string): Promise<string[]> {
    const store = await Store.read(this.store)
    const all = await store.backups.list(`${unit}${OF_SWAPS}`)
    await store.close()
    return all.map(({ version }) => version)
  }

  label(): string {
    return (this.fleet.handle.exports.label as () => string)()
  }

  columns(): Record<string, Float64Array> {
    return this.fleet.handle.state.columns as unknown as Record<string, Float64Array>
  }
}

const plain = (version: string, by = 1): Files => ({ 'counter.ts': counter({ version, by }) })
const FOUR = [plain('1.0.0'), plain('1.1.0', 2), plain('1.2.0', 3), plain('2.0.0', 4)]
/** What an answer may say of a swap that went live: its probation may be over by then. */
const LIVE = ['committed', 'permanent']
const found = (report: SwapReport) => report.findings.map(({ code }) => code)

describe('a rollback to a version of an earlier run', () => {
  test.each(['lmdb', 'classic-level'] as const)('by name, by range, and by neither: %s', async (backend) => {
    const plant = await Plant.ran(FOUR, { backend })
    const fleet = await plant.start()
    // At once: what the store keeps may not have been read yet.
    const last = await plant.back()
    expect(LIVE, JSON.stringify(last.findings)).toContain(last.outcome)
    expect([fleet.handle.version, plant.label()]).toEqual(['1.2.0', 'v1.2.0 by 3'])
    await plant.live('1.0.0')
    expect([fleet.handle.version, plant.label()]).toEqual(['1.0.0', 'v1.0.0 by 1'])
    await plant.live('>=1.0.0 <1.2.0')
    expect([fleet.handle.version, plant.label()]).toEqual(['1.1.0', 'v1.1.0 by 2'])
    // The highest of both: the store has 1.2.0, and this run had it as well.
    await plant.live('^1.0.0')
    expect([fleet.handle.version, plant.label()]).toEqual(['1.2.0', 'v1.2.0 by 3'])
    const [unit] = await fleet.during(fleet.runtime.units())
    expect([...new Set(unit!.editions)].sort()).toEqual(['1.0.0', '1.1.0', '1.2.0', '2.0.0'])
    const none = await fleet.during(
      fleet.runtime.rollback('counter', { to: '7.0.0' }).catch((error) => error),
    )
    expect(none).toMatchObject({ code: 'TICKSWAP_E_NO_SUCH_VERSION' })
    for (const version of ['1.0.0', '1.1.0', '2.0.0']) expect(none.message).toContain(version)
    // Everybody counts every step all the while.
    expect([...plant.columns().steps!.subarray(0, 2)]).toEqual([fleet.frame, fleet.frame])
    expect([fleet.mixed, fleet.allExceptions]).toEqual([0, 0])
  })

  test('takes its own modules from the store, not from the disk', async () => {
    const user = (version: string) =>
      counter({ version, imports: "import { weight } from './lib.ts'", body: 'export const heavy = weight' })
    const plant = await Plant.ran([
      { 'lib.ts': 'export const weight = 1', 'counter.ts': user('1.0.0') },
      { 'lib.ts': 'export const weight = 2', 'counter.ts': user('1.1.0') },
      plain('2.0.0'),
    ])
    await rm(join(plant.units, 'lib.ts'))
    await plant.start()
    const heavy = () => (plant.fleet.handle.exports as unknown as { heavy: number }).heavy
    const seen: [string | undefined, number][] = []
    for (const to of ['1.0.0', '1.1.0']) {
      const report = await plant.back(to)
      seen.push([JSON.stringify(found(report)), heavy()])
    }
    expect(seen).toEqual([
      ['[]', 1],
      ['[]', 2],
    ])
  })

  test('moves the state down, also by versions in between that only the store has', async () => {
    const values = Array.from({ length: 100 }, (_, i) => i)
    const one = counter({
      columns: 'a: u32(100),',
      unit: 'init({ columns }) { columns.a.forEach((_, i) => { columns.a[i] = i }) },',
    })
    const migrating = (version: string, from: string, [old, next]: readonly [string, string], by: number) =>
      counter({
        version,
        columns: `${next}: f32(100),`,
        unit: `init({ columns }) { columns.${next}.forEach((_, i) => { columns.${next}[i] = i * 2 + ${by} }) },
        migrate: { '${from}': {
          up(old, next) { old.columns.${old}.forEach((v: number, i: number) => { next.columns.${next}[i] = ${by === 0 ? 'v * 2' : 'v + 1'} }) },
          down(next, old) { next.columns.${next}.forEach((v, i) => { old.columns.${old}[i] = ${by === 0 ? 'v / 2' : 'v - 1'} }) } } },`,
      })
    const two = migrating('2.0.0', '^1.0.0', ['a', 'b'], 0)
    const three = migrating('3.0.0', '^2.0.0', ['b', 'c'], 1)
    const plant = await Plant.ran([{ 'counter.ts': one }, { 'counter.ts': two }, { 'counter.ts': three }])
    const fleet = await plant.start()
    expect(plant.columns().c![5]).toBe(11)
    const report = await plant.back('1.0.0')
    expect(report.units[0], JSON.stringify(report.findings)).toMatchObject({ to: '1.0.0', via: ['2.0.0'] })
    expect(report.restored).toEqual({ how: 'down', ticksLost: 0 })
    expect([...plant.columns().a!]).toEqual(values)
    expect([...plant.columns().steps!.subarray(0, 2)]).toEqual([fleet.frame, fleet.frame])
  })

  test('takes along what required the version that is left, from the store as well, all fitting together', async () => {
    const roads = (version: string, exported: string) => `import { defineUnit } from 'tickswap/module'
      export const unit = defineUnit({ version: '${version}' })
      export const ${exported} = '${version}'`
    const user = (version: string, range: string, imported: string) =>
      counter({
        version,
        unit: `requires: { roads: '${range}' },`,
        imports: `import { ${imported} } from './roads.ts'`,
        body: `export const road = () => ${imported}`,
      })
    const plant = await Plant.ran([
      { 'roads.ts': roads('1.0.0', 'narrow'), 'counter.ts': user('1.0.0', '^1.0.0', 'narrow') },
      { 'roads.ts': roads('2.0.0', 'wide'), 'counter.ts': user('2.0.0', '^2.0.0', 'wide') },
    ])
    const fleet = await plant.start()
    const report = await plant.back('1.0.0', 'roads')
    expect(LIVE, JSON.stringify(report.findings)).toContain(report.outcome)
    const moves = report.units.map(({ unit, from, to }) => `${unit} ${from} ${to}`).sort()
    expect(moves).toEqual(['counter 2.0.0 1.0.0', 'roads 2.0.0 1.0.0'])
    expect(found(report)).toContain('TICKSWAP_E_CASCADE')
    expect((fleet.handle.exports.road as () => string)()).toBe('1.0.0')
  })

  test('is watched in its probation as any other, and taken back', async () => {
    const step = `if ((globalThis as { isUphill?: boolean }).isUphill) throw new Error('too steep')`
    const plant = await Plant.ran([{ 'counter.ts': counter({ step }) }, plain('2.0.0')])
    const fleet = await plant.start()
    const uphill = globalThis as { isUphill?: boolean }
    onTestFinished(() => void delete uphill.isUphill)
    uphill.isUphill = true
    const since = fleet.reports.length
    void fleet.runtime.rollback('counter', { to: '1.0.0' })
    const report = await fleet.report('rolled-back', since)
    expect(found(report)[0]).toBe('TICKSWAP_E_PROBATION_EXCEPTION')
    expect(fleet.handle.version).toBe('2.0.0')
    expect(await fleet.during(fleet.runtime.quarantine.list())).toMatchObject([
      { units: [{ unit: 'counter', version: '1.0.0' }] },
    ])
    expect([...plant.columns().steps!.subarray(0, 2)]).toEqual([fleet.frame, fleet.frame])
    await plant.stop()
    await plant.start()
    expect(plant.fleet.handle.version).toBe('2.0.0')
  })

  test('is refused where the store has lost a source or holds another one, and what runs goes on', async () => {
    const plant = await Plant.ran(FOUR)
    await changeRecords(plant.store, await plant.sources('counter', '1.0.0'), () => undefined)
    await changeRecords(plant.store, (await plant.sources('counter', '1.1.0')).slice(0, 1), flipped)
    const fleet = await plant.start()
    const lost = await plant.back('1.0.0')
    expect([lost.outcome, ...found(lost)]).toEqual(['refused', 'TICKSWAP_E_STORED_VERSION'])
    expect(lost.findings[0]!.message).toContain('counter 1.0.0')
    const other = await plant.back('1.1.0')
    expect([other.outcome, ...found(other)]).toEqual(['refused', 'TICKSWAP_E_STORE_DAMAGED'])
    expect([fleet.handle.version, plant.label()]).toEqual(['2.0.0', 'v2.0.0 by 4'])
    const whole = await plant.back('1.2.0')
    expect(LIVE, JSON.stringify(whole.findings)).toContain(whole.outcome)
    expect(plant.label()).toBe('v1.2.0 by 3')
    expect([...plant.columns().steps!.subarray(0, 2)]).toEqual([fleet.frame, fleet.frame])
  })

  test('is refused where it no longer fits the units that run', async () => {
    const other = (name: string) => `import { defineUnit } from 'tickswap/module'
      export const unit = defineUnit({ version: '1.0.0' })
      export const ${name} = 1`
    const user = counter({ imports: "import { thick } from './other.ts'", body: 'export const is = thick' })
    const plant = await Plant.ran([{ 'other.ts': other('thick'), 'counter.ts': user }, plain('2.0.0')])
    await plant.write({ 'other.ts': other('thin') })
    await plant.start()
    const report = await plant.back('1.0.0')
    expect([report.outcome, ...found(report)]).toEqual(['refused', 'TICKSWAP_E_LINK'])
    expect(plant.fleet.handle.version).toBe('2.0.0')
  })
})

describe('over several restarts', () => {
  test('what was gone back to is what a start finds permanent, with its sources', async () => {
    const plant = await Plant.ran(FOUR)
    await plant.start()
    await plant.live('1.1.0')
    await plant.stop()
    // The file is 2.0.0 still: that is what a start runs unless it is told otherwise.
    await plant.start({ boot: 'permanent' })
    expect([plant.fleet.handle.version, plant.label()]).toEqual(['1.1.0', 'v1.1.0 by 2'])
    await plant.live()
    expect(plant.fleet.handle.version).toBe('2.0.0')
    await plant.live('1.1.0')
    await plant.stop()
    await plant.start()
    expect([plant.fleet.handle.version, plant.label()]).toEqual(['2.0.0', 'v2.0.0 by 4'])
    await plant.live()
    expect([plant.fleet.handle.version, plant.label()]).toEqual(['1.1.0', 'v1.1.0 by 2'])
  })

  test('what was gone back to within a run has its sources as well', async () => {
    const plant = await Plant.ran([plain('1.0.0')])
    await plant.start()
    await plant.edit(plain('1.1.0', 2))
    await plant.edit(plain('1.2.0', 3))
    await plant.live('1.1.0')
    await plant.stop()
    await plant.start({ boot: 'permanent' })
    expect([plant.fleet.handle.version, plant.label()]).toEqual(['1.1.0', 'v1.1.0 by 2'])
  })

  test('a number is never given to two contents', async () => {
    const by = (amount: number) => plain('1.0.0', amount)
    const plant = await Plant.ran([by(1), by(2), by(3)])
    await plant.start()
    expect(plant.fleet.handle.version).toBe('1.0.0.2')
    await plant.live('1.0.0')
    await plant.stop()
    // The file holds what was 1.0.0.2, and 1.0.0 is permanent.
    await plant.start()
    expect([plant.fleet.handle.version, plant.label()]).toEqual(['1.0.0.2', 'v1.0.0 by 3'])
    await plant.live('1.0.0')
    expect((await plant.edit(by(4))).units[0]).toMatchObject({ to: '1.0.0.3' })
    await plant.stop()
    await plant.write(by(5))
    await plant.start()
    expect(plant.fleet.handle.version).toBe('1.0.0.4')
    await plant.live('1.0.0.1')
    expect(plant.label()).toBe('v1.0.0 by 2')
  })

  test('what a killed process had made permanent can be gone back to', async () => {
    const plant = await Plant.ran([plain('1.0.0')])
    const engine = await Engine.start(plant.units, { path: plant.store })
    await plant.write(plain('1.1.0', 2))
    await engine.hears(({ event }) => event === 'permanent')
    await plant.write(plain('2.0.0', 3))
    await engine.hears(({ event, units }) => event === 'permanent' && JSON.stringify(units).includes('2.0.0'))
    // Backups are written off the tick; what is asked for below is there from here on.
    await expect.poll(() => plant.backups('counter'), { timeout: 20_000, interval: 100 }).toContain('1.0.0')
    await engine.kill()
    await plant.start()
    expect(plant.fleet.handle.version).toBe('2.0.0')
    await plant.live()
    expect([plant.fleet.handle.version, plant.label()]).toEqual(['1.1.0', 'v1.1.0 by 2'])
    // With the state from before its first swap: what came after had added twice and three times as much.
    const report = await plant.live('1.0.0', 'counter', 'restore')
    expect([plant.label(), report.restored!.how]).toEqual(['v1.0.0 by 1', 'backup'])
    const { total, steps } = plant.columns()
    expect(total![0]).toBe(steps![0])
    expect(report.findings.map(({ code }) => code)).toContain('TICKSWAP_E_EARLIER_STATE')
  })

  test('a folder that was moved meanwhile has its versions all the same', async () => {
    const plant = await Plant.ran(FOUR)
    await plant.move()
    await plant.start()
    expect(plant.label()).toBe('v2.0.0 by 4')
    await plant.live()
    expect([plant.fleet.handle.version, plant.label()]).toEqual(['1.2.0', 'v1.2.0 by 3'])
  })
})
