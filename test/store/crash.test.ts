import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { scan, under } from '../../dist/store/backends/contract.js'
import { openBackend } from '../../dist/store/backends/open.js'
import { folderOf, readFormat, writeFormat } from '../../dist/store/format.js'
import { storeSettingsOf } from '../../dist/store/settings.js'
import { Store } from '../../dist/store/store.js'
import { asInFormat2 } from './older.ts'
import { scratch } from './support.ts'

/** Kills per kind of work; TICKSWAP_CRASHES=60 makes three hundred in all. */
const KILLS = Number(process.env.TICKSWAP_CRASHES ?? 5)
const seed = Number(process.env.TICKSWAP_SEED ?? Date.now() % 2 ** 31)
const CHILD = fileURLToPath(new URL('./fixtures/crash-child.mjs', import.meta.url))

let state = seed | 1
function random(below: number): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % below
}

/** What has been acknowledged, over all kills. */
class Acknowledged {
  readonly owners = new Map<string, string[]>()
  readonly entries = new Map<number, string>()
  lines = 0
  failed: string[] = []

  take(line: string): void {
    const [word, name, value] = line.split(' ') as [string, string, string]
    this.lines++
    if (word === 'kept') this.owners.set(name, value.split(','))
    else if (word === 'entry') this.entries.set(Number(name), value)
    else if (word === 'releasing') this.owners.delete(name)
    else if (word === 'lost') this.failed.push(line)
  }
}

/** Lets a child work, and kills it some time after it has opened the store. */
async function workAndKill(
  path: string,
  work: string,
  ack: Acknowledged,
  whileOpening = false,
): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [CHILD, path, String(random(2 ** 31)), work], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let trouble = ''
  child.stderr!.on('data', (text) => {
    trouble += text
  })
  const kill = (ms: number) => setTimeout(() => child.kill('SIGKILL'), ms)
  if (whileOpening) kill(60 + random(150))
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line === 'open' && !whileOpening) kill(random(work === 'migrate' ? 250 : 120))
    else ack.take(line)
  })
  const signal = await new Promise((resolve) => child.once('close', (_, by) => resolve(by)))
  expect(trouble).toBe('')
  expect(signal).toBe('SIGKILL')
}

async function check(path: string, ack: Acknowledged): Promise<void> {
  const store = await Store.open(storeSettingsOf({ path, ages: { warmMs: 60_000 } }))
  try {
    const { problems } = await store.verify()
    expect(problems).toEqual([])
    expect(ack.failed).toEqual([])
    for (const [owner, hashes] of ack.owners) {
      expect(store.objects.owner(owner)?.hashes, owner).toEqual([...new Set(hashes)])
      for (const hash of hashes) expect(await store.objects.get(hash), hash).toBeDefined()
    }
    for (const [seq, hash] of ack.entries) expect(store.journal.get(seq)?.hash, `entry ${seq}`).toBe(hash)
  } finally {
    await store.close()
  }
  expect(readdirSync(path).sort()).toEqual(expect.arrayContaining(['format.json']))
  expect(readdirSync(path).filter((name) => /^lock\./.test(name))).toEqual([])
}

test.each(['write', 'move', 'collect', 'migrate'])(
  `killed at any instant of %s, nothing acknowledged is lost (seed ${seed})`,
  async (work) => {
    const path = scratch()
    const ack = new Acknowledged()
    for (let kill = 0; kill < KILLS; kill++) {
      await workAndKill(path, work, ack)
      await check(path, ack)
    }
    expect(ack.lines).toBeGreaterThan(KILLS)
  },
  60_000 + KILLS * 3000,
)

test(
  `killed at any instant of an upgrade, the store is upgraded the next time (seed ${seed})`,
  async () => {
    const path = scratch()
    const ack = new Acknowledged()
    await workAndKill(path, 'write', ack)
    for (let kill = 0; kill < KILLS; kill++) {
      await downgrade(path)
      await workAndKill(path, 'write', ack, true)
      await check(path, ack)
      const store = await Store.read(path)
      let found = 0
      for await (const _ of store.journal.query({ outcome: 'permanent' })) found++
      expect(found).toBe(store.stats().entries)
      await store.close()
    }
  },
  60_000 + KILLS * 3000,
)

/** Makes of a store what its first format was: every object with a record of its state, a journal without indexes. */
async function downgrade(path: string): Promise<void> {
  const format = readFormat(path)!
  const backend = await openBackend(format.backend, folderOf(path, format.data))
  for (const prefix of ['jo/', 'jt/', 'ju/'])
    for await (const [key] of scan(backend, under(prefix))) await backend.write([[key, undefined]])
  await asInFormat2(backend)
  await backend.close()
  rmSync(join(path, 'before-3'), { recursive: true, force: true })
  writeFormat(path, { ...format, format: 1 })
}
