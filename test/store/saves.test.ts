import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Store } from '../../dist/store/store.js'
import { counter } from '../support/counter.ts'
import { Engine } from './engine.ts'
import { scratch, until } from './support.ts'

const CREW = fileURLToPath(new URL('./fixtures/crew.mjs', import.meta.url))
const seed = Number(process.env.TICKSWAP_SEED ?? Date.now() % 2 ** 31)

interface Began {
  readonly row: number
  readonly steps: number
  readonly mine: number
  readonly calls: number
}

const source = (version = '1.0.0') =>
  counter({
    version,
    columns: "mine: u32(1, { scope: 'participant' })",
    step: 'unit.state.columns.mine[0]!++',
  })

function project(): { units: string; store: string } {
  const units = scratch()
  writeFileSync(join(units, 'counter.ts'), source())
  return { units, store: join(scratch(), 'store') }
}

const rows = (engine: Engine): Began[] => engine.said.flatMap(({ began }) => (began as Began) ?? [])

async function allBegin(units: string, options: object): Promise<Engine> {
  const engine = Engine.launch(units, options, CREW)
  await engine.hears(() => rows(engine).length === 3)
  return engine
}

/** What a start would go on with, in words. */
async function lastSave(path: string): Promise<string> {
  const store = await Store.read(path)
  try {
    return JSON.stringify(store.objects.owner('saves/last')?.info)
  } finally {
    await store.close()
  }
}

/** The one under way may have begun before all of them ticked, and so may the one after it. */
async function savedThrice(path: string): Promise<void> {
  for (let n = 0; n < 3; n++) {
    const before = await lastSave(path)
    await until(async () => (await lastSave(path)) !== before)
  }
}

describe('several participants that each tick on their own', () => {
  it(`are saved as they are at one boundary, and go on from it after a kill at any instant (seed ${seed})`, async () => {
    const { units, store } = project()
    const options = { path: store, resume: true, saveEveryMs: 25 }
    let random = seed | 1
    let before = new Map<number, number>([-1, 0, 1].map((row) => [row, 0]))
    for (let round = 0; round < 6; round++) {
      const engine = await allBegin(units, options)
      for (const { row, steps, mine, calls } of rows(engine)) {
        expect({ row, round, mine, calls }).toEqual({ row, round, mine: steps, calls: steps })
        if (round > 0) expect(steps).toBeGreaterThan(before.get(row)!)
      }
      before = new Map(rows(engine).map(({ row, steps }) => [row, steps]))
      await savedThrice(store)
      random = Math.imul(random, 48271) & 0x7fffffff
      await new Promise((resolve) => setTimeout(resolve, random % 60))
      await engine.kill()
    }
  }, 60_000)

  it('keep what each has for itself over a swap, and are saved with it', async () => {
    const { units, store } = project()
    const options = { path: store, resume: true, saveEveryMs: 30 }
    const engine = await allBegin(units, options)
    writeFileSync(join(units, 'counter.ts'), source('1.1.0'))
    await engine.hears(({ event }) => event === 'permanent')
    await savedThrice(store)
    await engine.kill()
    const again = await allBegin(units, options)
    for (const { steps, mine } of rows(again)) expect([mine, mine > 0]).toEqual([steps, true])
    expect(again.said[0]).toMatchObject({ version: '1.1.0' })
    await again.kill()
  }, 60_000)
})
