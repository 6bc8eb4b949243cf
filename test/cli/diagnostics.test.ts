import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { run } from './command.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

test('diagnostics tell the same in all formats', async () => {
  const json = await run(['diagnostics', '--format', 'json'])
  expect(json.code).toBe(0)
  const facts = JSON.parse(json.stdout)
  expect(facts).toMatchObject({
    tickswap: version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    implementation: expect.stringMatching(/^(c|neon|llsc|lse)$/),
    available: expect.stringMatching(/^c( neon llsc( lse)?)?$/),
    writeTracking: expect.stringMatching(/^(yes$|no: \w)/),
  })
  expect(parse((await run(['diagnostics', '--format', 'yaml'])).stdout)).toEqual(facts)
  const table = (await run(['diagnostics'])).stdout.trim().split('\n')
  expect(Object.keys(facts.kernels)).toContain(facts.implementation)
  const { kernels, ...flat } = facts
  for (const [owner, names] of Object.entries(kernels)) flat[`kernels.${owner}`] = names
  expect(Object.fromEntries(table.map((line) => line.split(/ {2,}/)))).toEqual(flat)
})

test('an implementation that does not exist is a problem with an exit code of its own', async () => {
  const env = { ...process.env, TICKSWAP_FORCE_IMPL: 'abacus' }
  const { code, stdout } = await run(['diagnostics', '--format', 'json'], { env })
  expect(JSON.parse(stdout)).toMatchObject({
    forced: 'abacus',
    problem: { code: 'TICKSWAP_E_IMPL_UNKNOWN', advice: expect.any(String) },
  })
  expect(code).toBe(3)
})

test('a format that does not exist is refused', async () => {
  const { code, stderr } = await run(['diagnostics', '--format', 'xml'])
  expect(code).toBe(2)
  expect(stderr).toContain('TICKSWAP_E_USAGE')
})

test('help names the commands, gives examples and the exit codes', async () => {
  const help = await run(['--help'])
  expect(help.code).toBe(0)
  for (const word of ['run', 'diagnostics', 'Examples:', 'Exit codes:']) expect(help.stdout).toContain(word)
  expect((await run(['run', '--help'])).stdout).toContain('tickswap run engine.ts')
  expect((await run(['--version'])).stdout.trim()).toBe(version)
})

test('without a command it helps, and says by its exit code that this was no command', async () => {
  const { code, stderr } = await run([])
  expect(code).toBe(2)
  expect(stderr).toContain('Usage: tickswap')
})
