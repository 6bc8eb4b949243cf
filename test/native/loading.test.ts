import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url)
const SCRIPT = `
  const { addon } = await import(process.argv[1])
  try { console.log(addon().implementation()) }
  catch (error) { console.log(error.name, error.code, error.message) }`

const load = async (addonModule: string, environment: Record<string, string> = {}) => {
  const env = { ...process.env, ...environment }
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', SCRIPT, addonModule], { env })
  return stdout.trim()
}

describe('loading', () => {
  const here = new URL('dist/native/addon.js', root).href

  it('takes the implementation that TICKSWAP_FORCE_IMPL names', async () => {
    expect(await load(here, { TICKSWAP_FORCE_IMPL: 'c' })).toBe('c')
    const best = await load(here, { TICKSWAP_FORCE_IMPL: '' })
    if (process.arch === 'arm64') expect(['lse', 'llsc']).toContain(best)
    else expect(best).toBe('c')
    expect(await load(here, { TICKSWAP_FORCE_IMPL: best })).toBe(best)
  })

  it('refuses an implementation it does not have', async () => {
    const answer = await load(here, { TICKSWAP_FORCE_IMPL: 'abacus' })
    expect(answer).toContain('TickswapError TICKSWAP_E_IMPL_UNKNOWN')
  })
})

describe('loading from an installed package', () => {
  let folder: string
  let elsewhere: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tickswap-addon-'))
    elsewhere = join(folder, 'dist/native/addon.js')
    await cp(new URL('dist', root), join(folder, 'dist'), { recursive: true })
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('says where it looked when there is no addon', async () => {
    const answer = await load(elsewhere)
    expect(answer).toContain('TickswapError TICKSWAP_E_ADDON')
    expect(answer).toContain(`prebuilds/${process.platform}-${process.arch}`)
    expect(answer).toContain('make native')
  })

  it('says why a binary could not be loaded', async () => {
    await mkdir(join(folder, 'build/Release'), { recursive: true })
    await writeFile(join(folder, 'build/Release/tickswap.node'), 'no binary')
    expect(await load(elsewhere)).toMatch(/TICKSWAP_E_ADDON .*build\/Release\/tickswap.node: /)
    await rm(join(folder, 'build'), { recursive: true })
  })

  it('refuses a binary of another layout', async () => {
    const layout = join(folder, 'dist/registry/layout.js')
    const text = await readFile(layout, 'utf8')
    await mkdir(join(folder, 'build/Release'), { recursive: true })
    await cp(new URL('build/Release/tickswap.node', root), join(folder, 'build/Release/tickswap.node'))
    await writeFile(layout, text.replace(/LAYOUT: \d+,/, 'LAYOUT: 99,'))
    expect(await load(elsewhere)).toMatch(
      /TICKSWAP_E_ADDON .*it has layout \d+, this copy of tickswap has 99/,
    )
    await writeFile(layout, text)
    await rm(join(folder, 'build'), { recursive: true })
  })

  it('has two copies in one process share a registry, or refuse it when their layouts differ', async () => {
    const other = join(folder, 'build/Release/tickswap.node')
    await mkdir(join(folder, 'build/Release'), { recursive: true })
    await cp(new URL('build/Release/tickswap.node', root), other)
    const args = [pathToFileURL(folder).href, new URL('dist', root).href]
    const script = new URL('./fixtures/two-copies.js', import.meta.url).pathname
    const { stdout } = await run(process.execPath, [script, ...args])
    expect(JSON.parse(stdout)).toEqual({
      addons: 2,
      shared: ['from the other'],
      otherLayout: 'TICKSWAP_E_REGISTRY_LAYOUT',
      otherAddon: -2,
      joining: 'TICKSWAP_E_REGISTRY_LAYOUT',
    })
    await rm(join(folder, 'build'), { recursive: true })
  })

  it('takes a prebuilt binary', async () => {
    const prebuilds = join(folder, 'prebuilds', `${process.platform}-${process.arch}`)
    await mkdir(prebuilds, { recursive: true })
    await cp(new URL('build/Release/tickswap.node', root), join(prebuilds, 'tickswap.node'))
    expect(await load(elsewhere)).toBe(await load(new URL('dist/native/addon.js', root).href))
  })
})
