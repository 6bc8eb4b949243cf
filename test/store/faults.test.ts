import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createRuntime } from '../../dist/index.js'
import { type Backend, scan } from '../../dist/store/backends/contract.js'
import { checkTree } from '../../dist/store/backends/lmdb-tree.js'
import { openBackend } from '../../dist/store/backends/open.js'
import { FORMAT, folderOf, readFormat, writeFormat } from '../../dist/store/format.js'
import { blake3Hex } from '../../dist/store/hash.js'
import { storeSettingsOf } from '../../dist/store/settings.js'
import { Store } from '../../dist/store/store.js'
import { counter } from '../support/counter.ts'
import { Engine } from './engine.ts'
import { asInFormat2 } from './older.ts'
import { codeOf, noise, openStore, scratch, until } from './support.ts'

const seed = Number(process.env.TICKSWAP_SEED ?? Date.now() % 2 ** 31)
const blobs = Array.from({ length: 6 }, (_, n) => Buffer.from(`object ${n} `.repeat(100)))

/** A store with a record of every kind. */
async function filled(path = scratch()): Promise<string> {
  const store = await openStore({ path })
  const hashes = await store.objects.keep({ owner: 'version/a/1', blobs })
  await store.flush(true)
  await store.objects.put(Buffer.from('warm one '.repeat(50)))
  await store.pointers.move(
    () => ({ permanent: { version: '1.0.0', hash: 'h', at: 1, owner: 'version/a/1' } }),
    ['a'],
  )
  for (let n = 0; n < 5; n++)
    await store.journal.append({ outcome: 'permanent', trigger: 'edit', units: [{ unit: 'a' }] })
  await store.backups.put('a', '1.0.0', noise(5000))
  expect(hashes).toHaveLength(6)
  await store.close()
  return path
}

async function places(path: string): Promise<{ data: Backend; archive: Backend }> {
  const { backend, data, archive } = readFormat(path)!
  return {
    data: await openBackend(backend, folderOf(path, data)),
    archive: await openBackend(backend, folderOf(path, archive)),
  }
}

describe('a flipped bit', () => {
  it(`in any record is found and named, and never read as data (seed ${seed})`, async () => {
    const original = await filled()
    const { data, archive } = await places(original)
    const records: [where: 'data' | 'archive', key: string][] = []
    for await (const [key, value] of scan(data, { from: '\0', to: '\u{10ffff}' }))
      if (value.length > 0 && key !== 's/mark') records.push(['data', key])
    for await (const [key] of scan(archive, { from: '\0', to: '\u{10ffff}' }))
      if (key !== 's/mark') records.push(['archive', key])
    await Promise.all([data.close(), archive.close()])
    const kinds = new Set(records.map(([where, key]) => `${where} ${key.split('/')[0]}`))
    expect([...kinds].sort()).toEqual([
      'archive o',
      'data j',
      'data m',
      'data o',
      'data p',
      'data s',
      'data w',
    ])
    let state = seed | 1
    const random = (below: number) => {
      state = (state * 48271) % 0x7fffffff
      return state % below
    }
    const path = join(scratch(), 'copy')
    cpSync(original, path, { recursive: true })
    for (const [where, key] of records) {
      const before = await flip(path, where, key, random)
      const store = await Store.read(path)
      try {
        const { problems } = await store.verify()
        expect(problems.length, `${where} ${key}`).toBeGreaterThan(0)
        await readsNothingWrong(store)
      } finally {
        await store.close()
      }
      await put(path, where, key, before)
    }
  }, 60_000)

  it('in an object is mended by storing it again', async () => {
    const path = await filled()
    const bytes = Buffer.from('warm one '.repeat(50))
    const hash = blake3Hex(bytes)
    await flip(path, 'data', `o/${hash}`, (below) => (below === 8 ? 3 : 30))
    const store = await openStore({ path })
    await expect(store.objects.get(hash)).rejects.toThrow(
      /TICKSWAP_E_STORE_DAMAGED: object [0-9a-f]{64} is not what was stored: its hash is [0-9a-f]{64}/,
    )
    expect(await store.objects.put(bytes)).toBe(hash)
    store.objects.hot.clear()
    expect(Buffer.compare((await store.objects.get(hash))!, bytes)).toBe(0)
    expect((await store.verify()).problems).toEqual([])
  })

  it('in format.json is mended from its copy; in both it is an error that says so', async () => {
    const path = await filled()
    flipFile(join(path, 'format.json'), 20)
    const store = await openStore({ path })
    await store.close()
    flipFile(join(path, 'format.json'), 30)
    flipFile(join(path, 'format.copy.json'), 30)
    expect(await codeOf(openStore({ path }))).toBe('TICKSWAP_E_STORE_DAMAGED')
    expect(await codeOf(Store.read(path))).toBe('TICKSWAP_E_STORE_DAMAGED')
  })
})

async function flip(
  path: string,
  where: 'data' | 'archive',
  key: string,
  random: (below: number) => number,
): Promise<Uint8Array> {
  const both = await places(path)
  const before = both[where].get(key)!
  const after = Uint8Array.from(before)
  after[random(after.length)]! ^= 1 << random(8)
  await both[where].write([[key, after]])
  await Promise.all([both.data.close(), both.archive.close()])
  return before
}

async function put(path: string, where: 'data' | 'archive', key: string, value: Uint8Array): Promise<void> {
  const both = await places(path)
  await both[where].write([[key, value]])
  await Promise.all([both.data.close(), both.archive.close()])
}

function flipFile(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at]! ^= 4
  writeFileSync(file, bytes)
}

/** Either the right bytes, or an error. */
async function readsNothingWrong(store: Store): Promise<void> {
  const damaged = 'TICKSWAP_E_STORE_DAMAGED'
  try {
    const hashes = store.objects.owner('version/a/1')?.hashes ?? []
    for (const [i, hash] of hashes.entries()) {
      const bytes = await store.objects.get(hash)
      expect(Buffer.compare(bytes!, blobs[i]!)).toBe(0)
    }
    for (const { owner } of await store.backups.list('a'))
      expect(Buffer.compare((await store.backups.get(owner))!, noise(5000))).toBe(0)
    expect(store.pointers.get('a')?.permanent?.version).toBe('1.0.0')
    for (let seq = 1; seq <= 5; seq++) expect(store.journal.get(seq)?.units).toEqual([{ unit: 'a' }])
  } catch (error) {
    if ((error as { code?: string }).code !== damaged) throw error
  }
}

describe('a folder', () => {
  it('that cannot be made or written is refused at the start, with its path', async () => {
    const file = join(scratch(), 'file')
    writeFileSync(file, '')
    const settings = storeSettingsOf({ path: join(file, 'store') })
    await expect(Store.open(settings)).rejects.toThrow(/TICKSWAP_E_STORE_OPEN.*file\/store/)
    await expect(Store.open(storeSettingsOf({ path: file }))).rejects.toThrow('TICKSWAP_E_STORE_OPEN')
    expect(await codeOf(Store.read(join(file, 'store')))).toBe('TICKSWAP_E_STORE_MISSING')
    expect(await codeOf(Store.read(scratch()))).toBe('TICKSWAP_E_STORE_MISSING')
  })

  it.runIf(process.getuid?.() === 0)(
    'that is read-only is refused for writing, and can be read',
    async () => {
      const path = await filled(join(scratch(), 'store'))
      const script = `
      const { Store } = await import(${JSON.stringify(new URL('../../dist/store/store.js', import.meta.url).href)})
      const { storeSettingsOf } = await import(${JSON.stringify(new URL('../../dist/store/settings.js', import.meta.url).href)})
      const path = ${JSON.stringify(path)}
      // All modules are loaded before: they may lie where only this user can read them.
      await Store.read(path).then((store) => store.close())
      process.setgid(65534); process.setuid(65534)
      await Store.open(storeSettingsOf({ path })).catch((error) => console.log(error.code))
      const store = await Store.read(path)
      console.log(store.stats().entries, store.pointers.get('a').permanent.version)
      await store.close()`
      for (const folder of [join(path, '..'), path]) chmodSync(folder, 0o755)
      const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
      expect(out.trim().split('\n')).toEqual(['TICKSWAP_E_STORE_OPEN', '5 1.0.0'])
    },
  )

  it('of a newer format is refused with what to do', async () => {
    const path = await filled()
    writeFormat(path, { ...readFormat(path)!, format: FORMAT + 1 })
    const opened = Store.open(storeSettingsOf({ path }))
    await expect(opened).rejects.toThrow(/STORE_FORMAT.*format 4.*up to 3.*Use the version of tickswap/)
    expect(await codeOf(Store.read(path))).toBe('TICKSWAP_E_STORE_FORMAT')
  })

  it.each([1, 2])('of format %i is upgraded, and kept as it was beside it', async (format) => {
    const path = await filled()
    const { data, archive } = await places(path)
    for (const prefix of format === 1 ? ['jo/', 'jt/', 'ju/'] : [])
      for await (const [key] of scan(data, { from: prefix, to: `${prefix.slice(0, -1)}0` }))
        await data.write([[key, undefined]])
    await asInFormat2(data)
    await Promise.all([data.close(), archive.close()])
    writeFormat(path, { ...readFormat(path)!, format })
    const store = await openStore({ path })
    let found = 0
    for await (const _ of store.journal.query({ unit: 'a' })) found++
    expect([found, store.stats().format]).toEqual([5, FORMAT])
    expect(readFormat(join(path, 'before-3'))).toMatchObject({ format })
    expect(existsSync(join(path, 'before-3', readFormat(path)!.data))).toBe(true)
    expect((await store.verify()).problems).toEqual([])
    await readsNothingWrong(store)
    const [first] = store.objects.owner('version/a/1')!.hashes
    expect(await store.objects.put(blobs[0]!)).toBe(first)
    await store.flush(true)
    await store.cleanup(0)
    expect((await store.verify()).problems).toEqual([])
  })

  it('whose data file was cut off does not take the process down', async () => {
    const path = await filled()
    const data = folderOf(path, readFormat(path)!.data)
    for (const size of [0, 100, 4096, 10_000]) {
      const copy = join(scratch(), 'store')
      cpSync(path, copy, { recursive: true })
      truncateSync(join(folderOf(copy, readFormat(copy)!.data), 'data.mdb'), size)
      const script = `
        const { Store } = await import(${JSON.stringify(new URL('../../dist/store/store.js', import.meta.url).href)})
        const { storeSettingsOf } = await import(${JSON.stringify(new URL('../../dist/store/settings.js', import.meta.url).href)})
        try {
          const store = await Store.open(storeSettingsOf({ path: ${JSON.stringify(copy)} }))
          const { problems } = await store.verify()
          console.log('problems', problems.length)
          await store.close()
        } catch (error) { console.log(error.code) }`
      const { stdout, code } = await run(script)
      expect({ size, code, stdout: stdout.trim() }).toEqual({
        size,
        code: 0,
        stdout: 'TICKSWAP_E_STORE_DAMAGED',
      })
    }
    expect(statSync(join(data, 'data.mdb')).size).toBeGreaterThan(10_000)
  })
})

describe('a flipped bit in the pages of the tree of LMDB', () => {
  it(`is an error that names the page, or of no consequence, and ends no process (seed ${seed})`, async () => {
    const original = await filled()
    const store = await openStore({ path: original })
    for (let n = 0; n < 300; n++) await store.objects.put(Buffer.from(`more ${n}`))
    await store.close()
    const data = folderOf(original, readFormat(original)!.data)
    const report = checkTree(join(data, 'data.mdb'))
    expect(report?.entries).toBeGreaterThan(300)
    let state = seed | 1
    const random = (below: number) => {
      state = (state * 48271) % 0x7fffffff
      return state % below
    }
    const paths: string[] = []
    for (let n = 0; n < 60; n++) {
      const path = join(scratch(), 'store')
      cpSync(original, path, { recursive: true })
      flipInner(join(folderOf(path, readFormat(path)!.data), 'data.mdb'), random)
      paths.push(path)
    }
    const { code, signal, stdout } = await run(`
      const { Store } = await import(${module('store.js')})
      const { storeSettingsOf } = await import(${module('settings.js')})
      for (const path of ${JSON.stringify(paths)}) {
        try {
          const store = await Store.open(storeSettingsOf({ path }))
          const { problems } = await store.verify()
          for (const owner of await store.objects.owners('')) store.objects.owner(owner)
          await store.objects.put(Buffer.from('one more'))
          await store.close()
          console.log(problems.length > 0 ? 'problems' : 'whole')
        } catch (error) { console.log(error.code) }
      }`)
    const said = stdout.trim().split('\n')
    expect({ code, signal, said: said.length }).toEqual({ code: 0, signal: null, said: paths.length })
    expect(
      [...new Set(said)].filter((word) => !/^(?:TICKSWAP_E_STORE_DAMAGED|problems|whole)$/.test(word)),
    ).toEqual([])
    expect(said.filter((word) => word === 'TICKSWAP_E_STORE_DAMAGED').length).toBeGreaterThan(10)
  }, 60_000)

  it('is found while the store is open, which from then on refuses everything', async () => {
    const path = await filled()
    const store = await openStore({ path })
    await store.inspect()
    const file = join(folderOf(path, readFormat(path)!.data), 'data.mdb')
    const hash = blake3Hex(blobs[0]!)
    const kept = await store.objects.put(Buffer.from('as it was'))
    damageRoot(file, 2)
    expect(await codeOf(store.inspect())).toBe('TICKSWAP_E_STORE_DAMAGED')
    store.objects.hot.clear()
    expect(await codeOf(store.objects.get(hash))).toBe('TICKSWAP_E_STORE_DAMAGED')
    expect(await codeOf(store.objects.get(kept))).toBe('TICKSWAP_E_STORE_DAMAGED')
    const decision = { outcome: 'permanent', trigger: 'edit', units: [] }
    expect(await codeOf(store.journal.append(decision))).toMatch(/TICKSWAP_E_STORE_(?:DAMAGED|WRITE)/)
  })
})

/** Flips a bit of a page that LMDB would follow: of its head, or anywhere in it. */
function flipInner(file: string, random: (below: number) => number): void {
  const bytes = readFileSync(file)
  const inner: number[] = []
  for (let page = 2; page < bytes.length / 4096; page++) {
    const kind = bytes.readUInt16LE(page * 4096 + 18)
    const isItself = Number(bytes.readBigUInt64LE(page * 4096)) === page
    if (isItself && (kind === 1 || kind === 2)) inner.push(page)
  }
  const page = inner[random(inner.length)]!
  bytes[page * 4096 + random(random(2) ? 64 : 4096)]! ^= 1 << random(8)
  writeFileSync(file, bytes)
}

const module = (name: string) => JSON.stringify(new URL(`../../dist/store/${name}`, import.meta.url).href)

it('damaged pages of the tree of LMDB are an error at the start after a crash, and end no process', async () => {
  const opening = (path: string) => `
    const { Store } = await import(${module('store.js')})
    const { storeSettingsOf } = await import(${module('settings.js')})
    const store = await Store.open(storeSettingsOf({ path: ${JSON.stringify(path)} }))`
  const original = await filled()
  await run(`${opening(original)}\nprocess.kill(process.pid, 'SIGKILL')`)
  const whole = await run(`${opening(original)}\nprocess.kill(process.pid, 'SIGKILL')`)
  expect(whole.code).toBe(null)
  for (let bit = 0; bit < 8; bit++) {
    const path = join(scratch(), 'store')
    cpSync(original, path, { recursive: true })
    damageRoot(join(folderOf(path, readFormat(path)!.data), 'data.mdb'), bit)
    const { code, stdout } = await run(`try {${opening(path)}
      const { problems } = await store.verify()
      console.log(problems.length > 0 ? 'TICKSWAP_E_STORE_DAMAGED' : 'nothing wrong')
      await store.close()
    } catch (error) { console.log(error.code) }`)
    expect({ bit, code, stdout: stdout.trim() }).toEqual({ bit, code: 0, stdout: 'TICKSWAP_E_STORE_DAMAGED' })
  }
}, 60_000)

/** Flips one bit in each of the first bytes of the page where the tree begins. */
function damageRoot(file: string, bit: number): void {
  const bytes = readFileSync(file)
  const pageBytes = bytes.readUInt32LE(48)
  const newest = bytes.readBigUInt64LE(152) > bytes.readBigUInt64LE(pageBytes + 152) ? 0 : pageBytes
  const root = Number(bytes.readBigUInt64LE(newest + 136)) * pageBytes
  for (let at = 16; at < 64; at++) bytes[root + at]! ^= 1 << bit
  writeFileSync(file, bytes)
}

function run(script: string): Promise<{ stdout: string; code: number | null; signal: string | null }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let stdout = ''
  child.stdout.on('data', (text) => {
    stdout += text
  })
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ stdout, code, signal })))
}

const mounted: { path: string; store?: Store; engine?: { kill(): Promise<void> } }[] = []
/** Before the folders are removed: of these hooks the last one comes first. */
afterEach(async () => {
  for (const { path, store, engine } of mounted.splice(0)) {
    await store?.close()
    await engine?.kill()
    execFileSync('umount', ['-l', path])
  }
})

/** A file system of a few megabytes, where this process may mount one. */
function smallDisk(bytes: number): string | undefined {
  const path = join(scratch(), 'disk')
  mkdirSync(path)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  mounted.push({ path })
  return path
}

describe.each(['lmdb', 'classic-level'] as const)('a full disk under %s', (backend) => {
  it('is an error that says so; what was there stays, and writing goes on when there is room', async (context) => {
    const disk = smallDisk(4 * 2 ** 20)
    if (!disk) return context.skip()
    const path = join(disk, 'store')
    const store = await Store.open(storeSettingsOf({ path, backend, budgets: { hotBytes: 0 } }))
    mounted.at(-1)!.store = store
    const kept: string[] = []
    let failed: { code?: string } | undefined
    for (let n = 0; n < 200 && !failed; n++)
      await store.objects.keep({ owner: `o${n}`, blobs: [noise(50_000, n + 1)] }).then(
        ([hash]) => kept.push(hash!),
        (error) => {
          failed = error
        },
      )
    expect(failed).toMatchObject({ code: 'TICKSWAP_E_STORE_FULL' })
    expect(kept.length).toBeGreaterThan(5)
    for (const hash of kept) expect(await store.objects.get(hash)).toBeDefined()
    execFileSync('mount', ['-o', `remount,size=${32 * 2 ** 20}`, disk])
    await store.objects.keep({ owner: 'later', blobs: [noise(50_000, 999)] })
    expect((await store.verify()).problems).toEqual([])
    expect(readdirSync(path).length).toBeGreaterThan(2)
  }, 30_000)
})

describe('an engine on a full disk', () => {
  it('ticks on and swaps, says what is wrong, and writes its journal when there is room', async (context) => {
    const disk = smallDisk(3 * 2 ** 20)
    if (!disk) return context.skip()
    const [path, units] = [join(disk, 'store'), scratch()]
    const write = (by: number) => writeFileSync(join(units, 'counter.ts'), counter({ by }))
    write(1)
    const engine = await Engine.start(units, { path, saveEveryMs: 0 })
    mounted.at(-1)!.engine = engine
    const filler = join(disk, 'filler')
    fill(filler)
    write(2)
    expect(await engine.hears(({ event }) => event === 'permanent')).toMatchObject({
      units: [{ to: '1.0.0.1' }],
    })
    const warning = await engine.hears(({ event }) => event === 'warning')
    expect(warning.code).toMatch(/TICKSWAP_E_STORE_(?:FULL|WRITE)/)
    const { longest } = await engine.ask('state', (said) => 'total' in said)
    expect(longest).toBeLessThan(1000)
    rmSync(filler)
    await until(async () => (await outcomes(path)).includes('permanent'), 20_000)
    await engine.close()
    expect(await outcomes(path)).toEqual(['boot', 'committed', 'permanent', 'closed'])
  }, 60_000)

  it('asks a disk again that does not take what is tried, and the report says so', async (context) => {
    const disk = smallDisk(3 * 2 ** 20)
    if (!disk) return context.skip()
    const [path, units] = [join(disk, 'store'), scratch()]
    const write = (by: number) => writeFileSync(join(units, 'counter.ts'), counter({ by }))
    write(1)
    const runtime = await createRuntime({ units, store: { path, saveEveryMs: 0 }, watch: false })
    const loop = setInterval(() => runtime.tick(), 4)
    mounted.at(-1)!.engine = {
      async kill() {
        clearInterval(loop)
        await runtime.close()
      },
    }
    // Until the start has written its last, what it frees has room for a small write on a full disk.
    await until(() => readCode(path))
    const filler = join(disk, 'filler')
    fill(filler)
    write(2)
    runtime.on('progress', ({ phase }) => {
      if (phase === 'rehearse' && existsSync(filler)) setTimeout(() => rmSync(filler, { force: true }), 10)
    })
    const report = await runtime.swap('counter')
    expect(report.outcome).toBe('committed')
    expect(report.retried).toMatchObject([
      { phase: 'prepare', why: expect.stringContaining('TICKSWAP_E_STORE') },
    ])
  }, 30_000)
})

/** Whether a start has kept its code: that is the last that it writes. */
async function readCode(path: string): Promise<boolean> {
  const store = await Store.read(path)
  const { modules } = await store.code.load()
  await store.close()
  return modules.size > 0
}

/** Takes every byte that is left. */
function fill(file: string): void {
  const handle = openSync(file, 'w')
  try {
    for (const size of [65_536, 4096, 1]) for (;;) if (!tryWrite(handle, size)) break
  } finally {
    closeSync(handle)
  }
}

function tryWrite(handle: number, size: number): boolean {
  try {
    return writeSync(handle, Buffer.alloc(size)) === size
  } catch {
    return false
  }
}

async function outcomes(path: string): Promise<string[]> {
  const store = await Store.read(path)
  const found: string[] = []
  for await (const { outcome } of store.journal.query()) found.push(outcome)
  expect((await store.verifyJournal()).breaks).toEqual([])
  await store.close()
  return found
}
