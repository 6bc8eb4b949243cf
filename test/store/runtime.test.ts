import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createRuntime } from '../../dist/index.js'
import type { JournalEntry } from '../../dist/store/journal/entry.js'
import { Store } from '../../dist/store/store.js'
import { counter } from '../support/counter.ts'
import { Engine } from './engine.ts'
import { codeOf, openStore, scratch, until } from './support.ts'

function project(text = counter()): { units: string; store: string; write(text: string): void } {
  const units = scratch()
  const write = (source: string) => writeFileSync(join(units, 'counter.ts'), source)
  write(text)
  return { units, store: join(scratch(), 'store'), write }
}

async function journalOf(path: string): Promise<JournalEntry[]> {
  const store = await Store.read(path)
  const entries: JournalEntry[] = []
  for await (const entry of store.journal.query()) entries.push(entry)
  const { breaks } = await store.verifyJournal()
  const { problems } = await store.verify()
  await store.close()
  expect([breaks, problems]).toEqual([[], []])
  return entries
}

const permanent = ({ event }: { event?: unknown }) => event === 'permanent'

describe('an engine with a store', () => {
  it('writes down every decision: who asked, what moved, how long it took, and why not', async () => {
    const { units, store, write } = project()
    const engine = await Engine.start(units, { path: store })
    write(counter({ by: 2 }))
    await engine.hears(permanent)
    write('export const unit = 1 +')
    await engine.hears(({ event }) => event === 'reject')
    write(counter({ by: 3, step: 'throw new Error("no")' }))
    await engine.hears(({ event }) => event === 'rollback')
    write(counter({ by: 4 }))
    await engine.ask('swap', (said) => 'report' in said)
    await engine.hears((said) => permanent(said) && engine.said.filter(permanent).length === 2)
    await engine.close()
    const entries = await journalOf(store)
    expect(entries.map(({ outcome }) => outcome)).toEqual([
      'boot',
      'committed',
      'permanent',
      'refused',
      'committed',
      'rolled-back',
      'committed',
      'permanent',
      'closed',
    ])
    expect(entries[2]).toMatchObject({
      trigger: 'edit',
      verdict: 'compatible',
      units: [{ unit: 'counter', from: '1.0.0', to: '1.0.0.1' }],
      participants: [{ participant: 'main' }],
    })
    expect(entries[2]!.phases).toMatchObject({ stage: expect.any(Number), commit: expect.any(Number) })
    expect(entries[3]!.reasons![0]).toMatchObject({ code: 'TICKSWAP_E_SYNTAX' })
    expect(entries[5]!.reasons![0]).toMatchObject({ code: 'TICKSWAP_E_PROBATION_EXCEPTION' })
  }, 60_000)

  it('starts warm: with the numbers, the modules and the contracts of the last time', async () => {
    const { units, store, write } = project()
    const engine = await Engine.start(units, { path: store })
    write(counter({ by: 2 }))
    await engine.hears(permanent)
    await engine.close()
    const reader = await Store.read(store)
    const { modules, more } = await reader.code.load()
    await reader.close()
    expect([...modules.values()].map(({ file, cache }) => [file, (cache?.length ?? 0) > 100])).toEqual([
      [join(units, 'counter.ts'), true],
    ])
    expect(more).toMatchObject({ contracts: [{ name: 'counter' }] })
    const again = await Engine.start(units, { path: store })
    expect(again.said[0]).toMatchObject({ started: '1.0.0.1', label: 'v1.0.0 by 2' })
    write(counter({ by: 3 }))
    expect(await again.hears(permanent)).toMatchObject({ units: [{ from: '1.0.0.1', to: '1.0.0.2' }] })
    await again.close()
  }, 60_000)

  it('that dies in probation starts with what was permanent, and does not try the same again', async () => {
    const { units, store, write } = project()
    const probation = { ticks: 1_000_000 }
    const first = await Engine.start(units, { path: store })
    await first.close()
    const engine = await Engine.start(units, { path: store, probation })
    const fatal = counter({ by: 2 })
    write(fatal)
    await engine.hears(({ event }) => event === 'swap')
    await engine.kill()
    const again = await Engine.start(units, { path: store })
    expect(again.said.find((said) => 'started' in said)).toMatchObject({
      started: '1.0.0',
      label: 'v1.0.0 by 1',
    })
    expect(await again.hears(({ event }) => event === 'warning')).toMatchObject({
      code: 'TICKSWAP_E_STORE_BOOT',
      unit: 'counter',
    })
    write(`${fatal} `.slice(0, -1))
    write(counter({ by: 3 }))
    expect(await again.hears(permanent)).toMatchObject({ units: [{ from: '1.0.0' }] })
    await again.close()
    const boots = (await journalOf(store)).filter(({ outcome }) => outcome === 'boot')
    expect(boots[2]!.reasons).toMatchObject([{ code: 'TICKSWAP_E_STORE_BOOT' }])
  }, 60_000)

  it.each(['permanent', 'rollback', 'swap'])(
    'that dies in the instant in which it tells of %s has it on disk',
    async (event) => {
      const { units, store, write } = project()
      const engine = await Engine.start(units, { path: store, dieAt: event })
      const outcome = { permanent: 'permanent', rollback: 'rolled-back', swap: 'committed' }[event]
      write(counter(event === 'rollback' ? { by: 2, step: 'throw new Error("no")' } : { by: 2 }))
      await engine.ended
      expect(engine.said.at(-1)).toMatchObject({ event })
      const last = (await journalOf(store)).at(-1)!
      expect(last).toMatchObject({ outcome, units: [{ unit: 'counter', to: '1.0.0.1' }] })
      const reader = await Store.read(store)
      const { permanent: kept, trial } = (await reader.pointers.all()).get('counter')!
      await reader.close()
      expect(kept?.version).toBe(event === 'permanent' ? '1.0.0.1' : '1.0.0')
      // What failed is kept as such, so that the next start does not run it either.
      const isThere = event !== 'permanent'
      expect(trial?.version).toBe(isThere ? '1.0.0.1' : undefined)
      expect(trial?.failed !== undefined).toBe(event === 'rollback')
    },
    60_000,
  )

  it('whose files were edited after it died starts with the files', async () => {
    const { units, store, write } = project()
    await (await Engine.start(units, { path: store })).close()
    const engine = await Engine.start(units, { path: store, probation: { ticks: 1_000_000 } })
    write(counter({ by: 2 }))
    await engine.hears(({ event }) => event === 'swap')
    await engine.kill()
    write(counter({ by: 5 }))
    const again = await Engine.start(units, { path: store })
    expect(again.said[0]).toMatchObject({ started: '1.0.0.2', label: 'v1.0.0 by 5' })
    await again.close()
  }, 60_000)

  it('starts with what was permanent, whatever the files are, when told so', async () => {
    const { units, store, write } = project()
    await (await Engine.start(units, { path: store })).close()
    write('this is no module')
    const engine = await Engine.start(units, { path: store, boot: 'permanent' })
    expect(engine.said[0]).toMatchObject({ started: '1.0.0', label: 'v1.0.0 by 1' })
    await engine.close()
  }, 60_000)

  it('goes on with the last saved state when told so: after closing, a checkpoint and a swap', async () => {
    const { units, store, write } = project(
      counter({ unit: 'init(state) { state.columns.total[0] = 1000 },' }),
    )
    const options = { path: store, resume: true, saveEveryMs: 0 }
    const first = await Engine.start(units, { ...options, saveEveryMs: 60_000 })
    expect(first.said[0]).toMatchObject({ total: 1000 })
    await until(async () => ((await first.ask('state', (said) => 'total' in said)).total as number) > 1010)
    const { closed } = await first.close()
    const second = await Engine.start(units, options)
    expect(second.said[0]).toMatchObject({ total: closed })
    expect(second.said[0]!.soft).toBe((closed as number) - 1000)
    await second.ask('checkpoint', (said) => said.saved === true)
    await second.kill()
    const third = await Engine.start(units, options)
    const total = third.said[0]!.total as number
    expect(total).toBeGreaterThanOrEqual(closed as number)
    write(counter({ by: 1, version: '1.1.0' }))
    await third.hears(permanent)
    await until(
      async () =>
        (await Store.read(store).then(async (reader) => {
          const { info } = reader.objects.owner('saves/last')!
          const last = (info as { units: Record<string, string> }).units.counter
          const states = await reader.backups.list('counter')
          await reader.close()
          return states.find(({ owner }) => owner === last)?.version
        })) === '1.1.0',
    )
    await third.kill()
    const fourth = await Engine.start(units, options)
    expect(fourth.said[0]!.total as number).toBeGreaterThan(total)
    expect(fourth.said[0]).toMatchObject({ started: '1.1.0' })
    await fourth.close()
  }, 60_000)

  it('is refused while another one holds the store, which is named, and may have it when that one is dead', async () => {
    const { units, store } = project()
    const engine = await Engine.start(units, { path: store })
    const second = Engine.launch(units, { path: store })
    await second.ended
    expect(second.stderr).toContain('TICKSWAP_E_STORE_HELD')
    expect(second.stderr).toContain(`process ${engine.child.pid}`)
    await engine.kill()
    const third = await Engine.start(units, { path: store })
    await third.close()
    expect(readdirSync(store).filter((name) => name.startsWith('lock'))).toEqual([])
  }, 60_000)

  it('may keep all of it in memory, in the same way', async () => {
    const { units, write } = project()
    const runtime = await createRuntime({
      units,
      store: { path: 'unused', backend: 'memory' },
      probation: { ticks: 3 },
    })
    const step = runtime.use<{ step(dt: number, worker: number): void }>('counter')
    const loop = setInterval(() => {
      runtime.tick()
      step.exports.step(0, -1)
    }, 2)
    try {
      write(counter({ by: 2 }))
      await new Promise((resolve) => runtime.on('permanent', resolve))
      expect(existsSync('unused')).toBe(false)
    } finally {
      clearInterval(loop)
      await runtime.close()
    }
  })

  it('is not started with a store that cannot be: the option and the path are named', async () => {
    const { units } = project()
    const start = (store: unknown) => codeOf(createRuntime({ units, store: store as never }))
    expect(await start('/dev/null/store')).toBe('TICKSWAP_E_STORE_OPEN')
    for (const wrong of [{ path: '' }, {}, 7, null, { path: 'a\0b' }, { path: 'x', backend: 'sqlite' }])
      expect(await start(wrong), JSON.stringify(wrong)).toBe('TICKSWAP_E_OPTION')
    expect(await start({ path: 'x', budgets: { warm: 1 } })).toBe('TICKSWAP_E_OPTION')
    expect(await start({ path: 'x', ages: { warmMs: -1 } })).toBe('TICKSWAP_E_OPTION')
  })
})

describe('two that want one store at once', () => {
  it('never get it both, and one of them does', async () => {
    const path = scratch()
    for (let round = 0; round < 10; round++) {
      const opened = await Promise.allSettled([openStore({ path }), openStore({ path })])
      const held = opened.filter(({ status }) => status === 'fulfilled') as PromiseFulfilledResult<Store>[]
      expect(held).toHaveLength(1)
      await held[0]!.value.close()
    }
  })
})
