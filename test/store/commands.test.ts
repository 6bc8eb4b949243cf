import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createRuntime } from '../../dist/index.js'
import { openBackend } from '../../dist/store/backends/open.js'
import { folderOf, readFormat } from '../../dist/store/format.js'
import { Store } from '../../dist/store/store.js'
import { run } from '../cli/command.ts'
import { counter } from '../support/counter.ts'
import { Engine } from './engine.ts'
import { noise, openStore, scratch, until } from './support.ts'

async function filled(): Promise<string> {
  const path = scratch()
  const store = await openStore({ path })
  for (const unit of ['traffic', 'roads', 'traffic'])
    await store.journal.append({
      outcome: 'permanent',
      trigger: 'edit',
      units: [{ unit, from: '1.0.0', to: '1.0.1', hash: 'h' }],
    })
  for (let n = 0; n < 10; n++) await store.objects.keep({ owner: `o${n}`, blobs: [noise(3000, n + 1)] })
  await store.objects.put(noise(100, 77))
  await store.close()
  return path
}

const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await run([...args, '--format', 'json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

describe('tickswap storage', () => {
  it('says what there is, verifies, cleans up and flushes', async () => {
    const path = await filled()
    expect(await json('storage', 'stats', '--store', path)).toMatchObject({
      backend: 'lmdb',
      entries: 3,
      tiers: { warm: { objects: 11 }, cold: { objects: 0 } },
    })
    expect(await json('storage', 'verify', '--store', path)).toMatchObject({
      objects: 11,
      entries: 3,
      problems: [],
    })
    expect(await json('storage', 'cleanup', '--grace', '0', '--store', path)).toMatchObject({ objects: 1 })
    expect(await json('storage', 'flush', '--all', '--store', path)).toMatchObject({
      tiers: { warm: { objects: 0 }, cold: { objects: 10 } },
    })
    const { stdout } = await run(['storage', 'stats', '--store', path])
    expect(stdout).toMatch(/tiers\.cold\.objects +10/)
  }, 30_000)

  it('moves a store to another backend and folder', async () => {
    const [path, elsewhere] = [await filled(), join(scratch(), 'new')]
    const moved = await json(
      'storage',
      'migrate',
      '--to',
      'classic-level',
      '--path',
      elsewhere,
      '--store',
      path,
    )
    expect(moved).toMatchObject({ backend: 'classic-level', entries: 3, tiers: { warm: { objects: 11 } } })
    expect(existsSync(readFormat(path)!.data)).toBe(true)
    expect(readFormat(path)!.data.startsWith(elsewhere)).toBe(true)
    expect(await json('storage', 'verify', '--store', path)).toMatchObject({ objects: 11, problems: [] })
    expect((await run(['storage', 'migrate', '--to', 'sqlite', '--store', path])).code).toBe(2)
    const back = await json('storage', 'migrate', '--to', 'lmdb', '--store', path)
    expect(back).toMatchObject({ backend: 'lmdb' })
    expect(existsSync(join(elsewhere, 'x'))).toBe(false)
  }, 30_000)

  it('exits with 1 and names what is wrong, and with 1 where there is no store', async () => {
    const path = await filled()
    const { backend, data } = readFormat(path)!
    const open = await openBackend(backend, folderOf(path, data))
    const [[key, record]] = (await open.page({ from: 'o/', to: 'o0', limit: 1 })) as [[string, Uint8Array]]
    const after = Uint8Array.from(record)
    after[20]! ^= 1
    await open.write([[key, after]])
    await open.close()
    const { code, stdout } = await run(['storage', 'verify', '--store', path])
    expect(code).toBe(1)
    expect(stdout).toContain(key)
    const missing = await run(['storage', 'stats', '--store', join(path, 'nowhere')])
    expect(missing.code).toBe(1)
    expect(missing.stderr).toContain('TICKSWAP_E_STORE_MISSING')
    expect(existsSync(join(path, 'nowhere'))).toBe(false)
  }, 30_000)
})

describe('tickswap history and audit', () => {
  it('read the journal by unit, outcome and time', async () => {
    const path = await filled()
    const lines = await json('history', 'traffic', '--store', path)
    expect(lines).toMatchObject([
      { entry: 1, unit: 'traffic', from: '1.0.0', to: '1.0.1', outcome: 'permanent' },
      { entry: 3, unit: 'traffic' },
    ])
    expect(await json('history', '--store', path, '--limit', '1')).toMatchObject([{ entry: 3 }])
    expect(await json('history', '--store', path, '--to', '2020-01-01')).toEqual([])
    expect((await run(['history', '--store', path])).stdout).toMatch(/entry +at +unit/)
    expect((await run(['history', '--store', path, '--from', 'yesterday'])).code).toBe(2)
    const { stdout } = await run(['history', '--store', path, '--format', 'yaml'])
    expect(stdout).toContain('- entry: 1')
  }, 30_000)

  it('export lines of JSON, and find what was changed', async () => {
    const path = await filled()
    const { stdout } = await run(['audit', 'export', '--store', path, '--unit', 'roads'])
    expect(JSON.parse(stdout)).toMatchObject({ seq: 2, units: [{ unit: 'roads' }] })
    const all = (await run(['audit', 'export', '--store', path])).stdout.trim().split('\n')
    expect(all).toHaveLength(3)
    const report = await json('audit', 'verify', '--store', path)
    expect(report).toMatchObject({ entries: 3, whole: true, breaks: [] })
    const anchor = `${report.head.seq}:${report.head.hash}`
    expect((await run(['audit', 'verify', '--store', path, '--anchor', anchor])).code).toBe(0)
    const wrong = `2:${createHash('sha256').update('x').digest('hex')}`
    const broken = await run(['audit', 'verify', '--store', path, '--anchor', wrong])
    expect(broken.code).toBe(1)
    expect(broken.stdout).toMatch(/2 +changed/)
  }, 30_000)
})

describe('while an engine runs', () => {
  it.each([false, true])(
    'its store and all live commands reach it by one socket (in another folder: %s)',
    async (elsewhere) => {
      const [units, store] = [scratch(), join(scratch(), 'store')]
      const folder = elsewhere ? scratch() : store
      writeFileSync(join(units, 'counter.ts'), counter({ by: 1 }))
      const runtime = await createRuntime({ units, store, ...(elsewhere && { socket: folder }) })
      try {
        expect(await json('storage', 'stats', '--store', store)).toMatchObject({ backend: 'lmdb' })
        expect(await json('status', '--folder', folder)).toMatchObject({ pid: process.pid })
        expect(await json('storage', 'verify', '--store', store)).toMatchObject({ problems: [] })
        const here = readdirSync(store).filter((name) => name.startsWith('engine-'))
        expect(here).toHaveLength(1)
        expect(existsSync(join(store, here[0]!, 'socket'))).toBe(!elsewhere)
      } finally {
        await runtime.close()
      }
      await until(async () => !readdirSync(store).some((name) => name.startsWith('engine-')))
      expect(await json('storage', 'stats', '--store', store)).toMatchObject({ backend: 'lmdb' })
    },
    30_000,
  )

  it('everything can be read, and it moves its own store, swaps, and loses nothing', async () => {
    const [units, path] = [scratch(), join(scratch(), 'store')]
    const write = (by: number) => writeFileSync(join(units, 'counter.ts'), counter({ by }))
    write(1)
    const engine = await Engine.start(units, { path, saveEveryMs: 50 })
    expect(await json('storage', 'stats', '--store', path)).toMatchObject({ backend: 'lmdb' })
    expect(await json('audit', 'verify', '--store', path)).toMatchObject({ whole: true })
    const [moved] = await Promise.all([
      json('storage', 'migrate', '--to', 'classic-level', '--store', path),
      (async () => {
        write(2)
        await engine.hears(({ event }) => event === 'permanent')
      })(),
    ])
    expect(moved).toMatchObject({ backend: 'classic-level' })
    write(3)
    await engine.hears((said) => said.event === 'permanent' && said.id === 2)
    expect(await json('history', 'counter', '--store', path)).toMatchObject([
      { outcome: 'boot' },
      { outcome: 'committed', to: '1.0.0.1' },
      { outcome: 'permanent', to: '1.0.0.1' },
      { outcome: 'committed', to: '1.0.0.2' },
      { outcome: 'permanent', to: '1.0.0.2' },
    ])
    expect(await json('storage', 'verify', '--store', path)).toMatchObject({ problems: [] })
    await engine.close()
    const store = await Store.read(path)
    expect((await store.verify()).problems).toEqual([])
    await store.close()
    expect(readFileSync(join(path, 'format.json'), 'utf8')).toContain('classic-level')
  }, 60_000)
})
