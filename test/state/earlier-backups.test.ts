import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BackupStatus, RuntimeOptions, SwapReport } from '../../dist/index.js'
import type { BackendKind } from '../../dist/store/backends/contract.js'
import { Store } from '../../dist/store/store.js'
import { openStore } from '../store/support.ts'
import { changeRecords, flipped, keysUnder } from '../support/damaged-store.ts'
import { open } from '../support/opened.ts'
import { Scratch } from '../support/scratch.ts'
import { Mill } from '../swap/mill.ts'

/** A unit of a group that counts its steps; a shape has a column that no other one takes over. */
const unit = (
  version: string,
  shape = 0,
  more = '',
) => `import { defineUnit, f64, u32 } from 'tickswap/module'
export const unit = defineUnit({
  version: '${version}',
  group: 'town',
  ${more}
  state: { columns: { steps: u32(8), marks: f64(64), shape${shape}: f64(64) } },
  migrate: { '*': { up(old, next) { next.columns.shape${shape}.fill(1) } } },
})
export function step(dt: number, worker = -1) {
  const { steps, marks } = unit.state.columns
  if (worker === -1) marks[steps[0]! % 64] = ++steps[0]! * 1.5
}
`

/** Runs of one engine over one store: `mill` and `yard`, which swap together and count the same steps. */
class Town {
  readonly #folder: Scratch
  readonly #store: Scratch
  readonly #options: Partial<RuntimeOptions>
  readonly #backend: BackendKind
  readonly #more: string
  #engine: Mill | undefined

  private constructor(
    folders: [Scratch, Scratch],
    options: Partial<RuntimeOptions>,
    backend: BackendKind,
    more: string,
  ) {
    const [folder, store] = folders
    this.#folder = folder
    this.#store = store
    this.#options = options
    this.#backend = backend
    this.#more = more
  }

  static async create(
    options: Partial<RuntimeOptions> = {},
    backend: BackendKind = 'lmdb',
    more = '',
  ): Promise<Town> {
    const first = unit('1.0.0', 0, more)
    const folder = await Scratch.create({ 'mill.ts': first, 'yard.ts': first })
    const store = await Scratch.create({})
    open.push(folder, store)
    const town = new Town([folder, store], options, backend, more)
    await town.start()
    return town
  }

  get path(): string {
    return this.#store.path('kept')
  }

  get engine(): Mill {
    return this.#engine!
  }

  async start(more: Partial<RuntimeOptions> = {}): Promise<void> {
    const store = { path: this.path, backend: this.#backend }
    const options = { store, backups: 8, probation: { ticks: 3 }, ...this.#options, ...more }
    this.#engine = await Mill.start({}, 1, options, this.#folder)
    const yard = this.engine.fleet.runtime.use<Record<string, () => void>>('yard')
    // Both count from here on.
    for (const name of ['steps', 'marks'])
      columns(this.engine, 'yard')[name]!.set(columns(this.engine, 'mill')[name]!)
    this.engine.beside.push(yard)
  }

  async stop(): Promise<void> {
    await this.engine.fleet.close()
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  async edit(version: string, shape = 0, name = 'mill'): Promise<void> {
    await this.engine.edit(unit(version, shape, this.#more), 'permanent', name)
    await this.engine.turns(5)
  }

  backups(): Promise<BackupStatus[]> {
    return this.engine.during(this.engine.fleet.runtime.backups())
  }

  /** The state is that of one tick, which the backup that was gone back to names, and what came after. */
  expectBackAt({ restored, participants }: SwapReport, { tick, at }: BackupStatus): void {
    const now = Math.max(...participants.map((each) => each.tick))
    expect(restored).toMatchObject({ how: 'backup', at, ticksLost: now - 1 })
    const made = tick + this.engine.fleet.frame - now
    expect([this.steps('mill'), this.steps('yard')]).toEqual([made, made])
    const marks = Array.from({ length: 64 }, () => 0)
    for (let n = 0; n < made; n++) marks[n % 64] = (n + 1) * 1.5
    for (const name of ['mill', 'yard']) expect([...columns(this.engine, name).marks!]).toEqual(marks)
  }

  steps(name: string): number {
    return columns(this.engine, name).steps![0]!
  }

  /** Names of the records in the store of a unit's backups, and of the objects that they are made of. */
  async stored(name: string): Promise<{ record: string; objects: string[] }[]> {
    const store = await Store.read(this.path)
    const owners = await store.objects.owners(`state/${name}@backup/`)
    const found = owners.map((owner) => {
      const { hashes } = store.objects.owner(owner)!
      return { record: `w/${owner}`, objects: hashes.map((hash) => `o/${hash}`) }
    })
    await store.close()
    return found
  }
}

const columns = (engine: Mill, name: string) =>
  engine.fleet.runtime.use(name).state.columns as unknown as Record<string, Float64Array>
const codes = (report: SwapReport) => report.findings.map(({ code }) => code)
const named = ({ units }: BackupStatus) => units.map(({ unit: name, version }) => `${name} ${version}`).join()
const LIVE = ['committed', 'permanent']

/** Three versions, each with a backup of the one before, and then another run. */
async function threeVersions(options: Partial<RuntimeOptions> = {}, backend?: BackendKind): Promise<Town> {
  const town = await Town.create(options, backend)
  await town.engine.turns(10)
  await town.edit('1.1.0', 1)
  await town.edit('1.2.0', 2)
  return town
}

describe('a backup of an earlier run', () => {
  test.each(['lmdb', 'classic-level'] as const)(
    'brings back all units of its group as of one tick: %s',
    async (backend) => {
      const town = await threeVersions({}, backend)
      const before = await town.backups()
      await town.restart()
      const listed = await town.backups()
      expect(
        listed.map(({ tick, swap, at, isEarlier, isUsable }) => [tick, swap, at, isEarlier, isUsable]),
      ).toEqual(before.map(({ tick, swap, at }) => [tick, swap, at, true, true]))
      expect(listed.map(named)).toEqual(['mill 1.0.0,yard 1.0.0', 'mill 1.1.0,yard 1.0.0'])
      // There is no way down: by itself it takes the backup.
      const report = await town.engine.back({ to: '1.0.0' })
      expect(LIVE, JSON.stringify(report.findings)).toContain(report.outcome)
      town.expectBackAt(report, before[0]!)
      const found = report.findings.find(({ code }) => code === 'TICKSWAP_E_EARLIER_STATE')
      expect(found).toMatchObject({
        severity: 'info',
        message: expect.stringContaining(`tick ${before[0]!.tick}`),
      })
      expect(codes(report)).toContain('TICKSWAP_E_GROUP_STATE')
      const again = await town.engine.back({ to: '1.1.0', state: 'restore' })
      town.expectBackAt(again, before[1]!)
      // Those of this run are newer, whatever their ids are.
      const all = await town.backups()
      expect(all.map(({ isEarlier }) => isEarlier)).toEqual([true, true, false, false])
      const own = await town.engine.back({ to: '1.2.0', state: 'restore' })
      expect(own.restored!.at).toBeUndefined()
      expect(own.restored!.ticksLost).toBeGreaterThan(0)
      expect(town.steps('mill')).toBe(town.steps('yard'))
      expect(town.engine.fleet.mixed).toBe(0)
    },
  )

  test('serves after two restarts, and after a rollback to one', async () => {
    const town = await threeVersions()
    const [oldest] = await town.backups()
    await town.restart()
    await town.engine.turns(20)
    await town.edit('1.3.0', 3)
    await town.restart()
    expect((await town.backups()).map(named)).toEqual([
      'mill 1.0.0,yard 1.0.0',
      'mill 1.1.0,yard 1.0.0',
      'mill 1.2.0,yard 1.0.0',
    ])
    town.expectBackAt(await town.engine.back({ to: '1.0.0' }), oldest!)
    await town.restart()
    town.expectBackAt(await town.engine.back({ to: '1.0.0', state: 'restore' }), oldest!)
  })

  test('that is damaged is passed over, and the next older one of the version serves', async () => {
    const town = await Town.create()
    await town.engine.turns(10)
    await town.edit('1.1.0', 1)
    await town.engine.back({ to: '1.0.0', state: 'restore' })
    await town.edit('1.2.0', 2)
    const before = await town.backups()
    expect(before.map(named)).toEqual([
      'mill 1.0.0,yard 1.0.0',
      'mill 1.1.0,yard 1.0.0',
      'mill 1.0.0,yard 1.0.0',
    ])
    await town.stop()
    const [, , newest] = await town.stored('yard')
    await changeRecords(town.path, newest!.objects.slice(-1), flipped)
    await town.start()
    const report = await town.engine.back({ to: '1.0.0' })
    expect(LIVE, JSON.stringify(report.findings)).toContain(report.outcome)
    expect(report.findings.find(({ code }) => code === 'TICKSWAP_E_BACKUP_CORRUPT')).toMatchObject({
      severity: 'warning',
      unit: 'yard',
    })
    town.expectBackAt(report, before[0]!)
  })

  test('is refused where all of a version are damaged, and what runs goes on', async () => {
    const town = await threeVersions()
    await town.stop()
    const objects = (await town.stored('mill')).flatMap((each) => each.objects)
    await changeRecords(town.path, [...new Set(objects)], flipped)
    await town.start()
    await town.engine.turns(7)
    const report = await town.engine.back({ to: '1.0.0' })
    expect([report.outcome, report.findings[0]!.code]).toEqual(['refused', 'TICKSWAP_E_BACKUP_CORRUPT'])
    expect(town.engine.fleet.handle.version).toBe('1.2.0')
    expect([town.steps('mill'), town.steps('yard')]).toEqual([
      town.engine.fleet.frame,
      town.engine.fleet.frame,
    ])
  })

  test('that a killed process has written in part is listed, and never used', async () => {
    const town = await threeVersions()
    await town.engine.back({ to: '1.1.0', state: 'restore' })
    await town.edit('1.3.0', 3)
    const before = await town.backups()
    expect(before.map(named).slice(2)).toEqual(['mill 1.2.0,yard 1.0.0', 'mill 1.1.0,yard 1.0.0'])
    await town.stop()
    const store = await openStore({ path: town.path })
    const yards = await store.objects.owners('state/yard@backup/')
    await store.objects.release(yards.at(-1)!)
    await store.close()
    await town.start()
    const listed = await town.backups()
    expect(listed.map(({ isUsable }) => isUsable)).toEqual([true, true, true, false])
    expect(named(listed[3]!)).toBe('mill 1.1.0')
    const report = await town.engine.back({ to: '1.1.0', state: 'restore' })
    expect(codes(report)).not.toContain('TICKSWAP_E_BACKUP_CORRUPT')
    town.expectBackAt(report, before[1]!)
  })

  test('of an older tickswap, without a layout, is listed, and none to go back to', async () => {
    const town = await threeVersions()
    await town.stop()
    await withoutLayouts(town.path)
    await town.start()
    const listed = await town.backups()
    expect(listed.map(({ isEarlier, isUsable }) => [isEarlier, isUsable])).toEqual([
      [true, false],
      [true, false],
    ])
    expect(listed.map(named)).toEqual(['mill 1.0.0,yard 1.0.0', 'mill 1.1.0,yard 1.0.0'])
    const report = await town.engine.back({ to: '1.0.0', state: 'restore' })
    expect([report.outcome, report.findings[0]!.code]).toEqual(['refused', 'TICKSWAP_E_BACKUP_MISSING'])
    await town.edit('1.3.0', 3)
    expect((await town.backups()).map(({ isUsable }) => isUsable)).toEqual([false, false, true])
  })

  test('has no calls to make again: the next way is gone', async () => {
    const town = await Town.create({}, 'lmdb', 'deterministic: true,')
    await town.engine.turns(10)
    await town.edit('1.1.0')
    await town.restart()
    const report = await town.engine.back({ to: '1.0.0', state: 'replay' })
    expect(LIVE, JSON.stringify(report.findings)).toContain(report.outcome)
    const found = report.findings.find(({ code }) => code === 'TICKSWAP_E_REPLAY_LOG')
    expect(found!.message).toContain('is of an earlier run')
    expect(report.restored).toEqual({ how: 'none', ticksLost: 0 })
  })
})

describe('the limits hold over runs', () => {
  test('by number: what is too many goes from the list and from the store', async () => {
    const town = await threeVersions({ backups: { count: 3 } })
    await town.restart()
    await town.edit('1.3.0', 3)
    expect((await town.backups()).map(named)).toEqual([
      'mill 1.0.0,yard 1.0.0',
      'mill 1.1.0,yard 1.0.0',
      'mill 1.2.0,yard 1.0.0',
    ])
    await town.edit('1.4.0', 4)
    expect((await town.backups()).map(named)).toEqual([
      'mill 1.1.0,yard 1.0.0',
      'mill 1.2.0,yard 1.0.0',
      'mill 1.3.0,yard 1.0.0',
    ])
    await town.stop()
    for (const name of ['mill', 'yard']) expect(await town.stored(name)).toHaveLength(3)
  })

  test('by number, of more than the store keeps of other states, also when it is cleaned up', async () => {
    const town = await Town.create({ backups: 12 })
    for (let minor = 1; minor <= 10; minor++) await town.edit(`1.${minor}.0`, minor % 2)
    await town.stop()
    const store = await openStore({ path: town.path })
    await store.cleanup(0)
    await store.close()
    await town.start()
    const listed = await town.backups()
    expect(listed.map(({ isUsable }) => isUsable)).toEqual(Array.from({ length: 10 }, () => true))
    town.expectBackAt(await town.engine.back({ to: '1.0.0', state: 'restore' }), listed[0]!)
  })

  test('by age: the newest stays', async () => {
    const town = await threeVersions()
    await town.stop()
    await town.start({ backups: { count: 8, ageMs: 1 } })
    expect((await town.backups()).map(named)).toEqual(['mill 1.1.0,yard 1.0.0'])
    await town.stop()
    expect(await town.stored('mill')).toHaveLength(1)
  })
})

test('never mix ticks, whatever is edited, taken back and started again', async () => {
  const name = fc.constantFrom('mill', 'yard')
  const step = fc.oneof(
    fc.record({ edit: name, shape: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ back: name }),
    fc.constant({ restart: true as const }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 7 }), async (steps) => {
      const town = await Town.create({ backups: 3 })
      let last = 0
      for (const each of [...steps, { restart: true as const }, { back: 'mill' as const }]) {
        if ('restart' in each) await town.restart()
        else if ('edit' in each) await town.edit(`1.${++last}.0`, each.shape, each.edit)
        else await tryBack(town, each.back)
        await town.engine.turns(3)
        expect(town.steps('yard')).toBe(town.steps('mill'))
        expect([...columns(town.engine, 'yard').marks!]).toEqual([...columns(town.engine, 'mill').marks!])
      }
      expect(town.engine.fleet.mixed).toBe(0)
      await town.stop()
    }),
    { numRuns: 2, endOnFailure: true },
  )
})

/** Goes back, where there is something to go back to, and a backup of it. */
async function tryBack(town: Town, name: string): Promise<void> {
  const report = await town.engine.back({ state: 'restore' }, name).catch((error) => error)
  if (report.code) return expect(report.code).toBe('TICKSWAP_E_NO_SUCH_VERSION')
  if (!LIVE.includes(report.outcome)) expect(codes(report)).toContain('TICKSWAP_E_BACKUP_MISSING')
}

/** Makes the backups of a store what those of a tickswap from before layouts were. */
async function withoutLayouts(path: string): Promise<void> {
  const keys = await keysUnder(path, 'w/state/')
  expect(keys.some((key) => key.includes('@backup'))).toBe(true)
  const store = await openStore({ path })
  for (const owner of keys.filter((key) => key.includes('@backup')).map((key) => key.slice(2))) {
    const { hashes, info } = store.objects.owner(owner)! as unknown as {
      hashes: string[]
      info: { more: Record<string, unknown> }
    }
    const { run, group, swap, tick } = info.more
    await store.objects.keep({ owner, hashes, info: { ...info, more: { run, group, swap, tick } } })
  }
  await store.close()
}
