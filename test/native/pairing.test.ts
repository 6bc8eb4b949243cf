import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SLOW } from '../other-node/slow.js'

const native = new URL('../../native/', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, native), 'utf8')
const list = (folder: string, pattern: RegExp) =>
  readdirSync(new URL(folder, native)).filter((name) => pattern.test(name))
const readAll = (folder: string, pattern: RegExp) =>
  list(folder, pattern)
    .map((name) => read(`${folder}${name}`))
    .join('\n')

const assembly = list('arm64/', /\.S$/).filter((name) => name !== 'asm.S')
const symbols = assembly.flatMap((file) =>
  [...read(`arm64/${file}`).matchAll(/^function (\w+)$/gm)].map(([, symbol]) => ({ file, symbol: symbol! })),
)
const headers = readAll('include/tickswap/', /\.h$/)
const checks = readAll('test/', /^check_.*\.c$/)
const fills = read('src/arm64.c')
const gyp = readFileSync(new URL('../binding.gyp', native), 'utf8')

describe('every assembly kernel', () => {
  it('is found here', () => expect(symbols.length).toBeGreaterThan(10))

  it.each(symbols)('$symbol has a twin in C, a place in the table and a check', ({ symbol, file }) => {
    const [, stem] = /^(\w+)_(?:neon|lse|llsc)$/.exec(symbol) ?? []
    expect(stem, 'the name ends in its variant').toBeDefined()
    expect(headers).toContain(`${stem}_c(`)
    expect(read(`src/${basename(file, '.S')}.c`)).toContain(`${stem}_c(`)
    const slot = new RegExp(`table->(\\w+) = ${symbol};`).exec(fills)?.[1]
    expect(slot, 'some implementation has it in the table').toBeDefined()
    expect(checks).toContain(`CALL(ts_kernels.${slot},`)
    expect(read('src/kernels.c')).toContain(`.${slot} = ${stem}_c,`)
  })

  it.each(['lse', 'llsc'])('of variant %s has one of the other', (variant) => {
    const stems = (of: string) =>
      symbols
        .filter(({ symbol }) => symbol.endsWith(`_${of}`))
        .map(({ symbol }) => symbol.slice(0, -of.length))
    expect(stems(variant)).toEqual(stems(variant === 'lse' ? 'llsc' : 'lse'))
  })
})

describe('every source', () => {
  it.each(assembly)('%s is built by node-gyp', (file) => expect(gyp).toContain(`"native/arm64/${file}"`))

  it.each(list('src/', /\.c$/))('%s is built by node-gyp and cmake', (file) => {
    expect(gyp).toContain(`"native/src/${file}"`)
    const cmake = read('CMakeLists.txt')
    const kernels = /set\(KERNELS ([\w ]+)\)/.exec(cmake)![1]!.split(' ')
    expect(kernels.includes(basename(file, '.c')) || cmake.includes(`src/${file}`)).toBe(true)
  })

  it.each(list('addon/', /\.cc$/))('%s is built by node-gyp', (file) =>
    expect(gyp).toContain(`"native/addon/${file}"`),
  )
})

describe('every kernel', () => {
  const slots = [...read('include/tickswap/kernels.h').matchAll(/^ {2}\w+ \(\*(\w+)\)\(/gm)].map(
    ([, slot]) => slot!,
  )
  const counted = [...read('test/bench.c').matchAll(/^ {4}\{"([\w.-]+)",/gm)].map(([, name]) => name!)

  it('is named in what diagnostics tell', () => {
    const listed = [...read('src/kernels.c').matchAll(/SLOT\((\w+)\)/g)].map(([, slot]) => slot!)
    expect(listed.filter((slot) => slot !== 'name').sort()).toEqual([...slots].sort())
  })

  it.each(slots)('%s is timed and counted', (slot) => {
    const driver = slot === 'hash_stripes' ? 'ts_hash64(' : `ts_kernels.${slot}(`
    expect(read('test/bench.c')).toContain(driver)
  })

  it('has its instructions in the baseline, in each implementation', () => {
    const baseline = Object.keys(JSON.parse(read('count/baseline.json')))
    const row = /^ {2}\['([\w.-]+)', '\w+', \w+((?:, '\w+')*)\],$/gm
    const compared = [...read('count/counts.js').matchAll(row)].map(([, kernel, of]) => ({
      kernel: kernel!,
      implementations: [...of!.matchAll(/\w+/g)].map(([name]) => name),
    }))
    expect(compared.map(({ kernel }) => kernel).sort()).toEqual(counted.sort())
    const names = compared.flatMap(({ kernel, implementations }) =>
      implementations.length > 0 ? implementations.map((name) => `${kernel} ${name}`) : [kernel],
    )
    expect(baseline.sort()).toEqual(names.sort())
    const isStep = (kernel: string) => /^(?:word|pair)\./.test(kernel)
    for (const { kernel, implementations } of compared)
      expect(implementations, kernel).toEqual(isStep(kernel) ? ['llsc', 'lse'] : [])
  })
})

it('what emulation leaves out is there to be left out', () => {
  for (const tests of Object.keys(SLOW)) {
    const [folder] = /^test\/[\w-]+/.exec(tests)!
    expect(list(`../${folder}/`, /\.test\.ts$/).length, tests).toBeGreaterThan(0)
    expect(folder).not.toMatch(/native|registry|version/)
  }
})

it('no implementation is without a run of its own', () => {
  const names = [...read('src/kernels.c').matchAll(/^ {4}\{"(\w+)",/gm)].map(([, name]) => name)
  expect(names).toEqual(['c', 'neon', 'llsc', 'lse'])
  const tested = /^ARM64_IMPLEMENTATIONS := (.*)$/m.exec(read('checks.mk'))?.[1]?.split(' ')
  expect(tested).toEqual(names)
  const gates = readFileSync(new URL('../.ci/run', native), 'utf8')
  for (const gate of ['check-native', 'check-arm64', 'test-arm64']) expect(gates).toContain(`gate ${gate}\n`)
})
