import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const script = (name: string) => new URL(`./${name}`, import.meta.url).pathname

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 240_000 })
  return { status, stdout, stderr }
}

/** TICKSWAP_LONG=1 runs what the targets ask for. */
const long = process.env.TICKSWAP_LONG === '1'

test('random graphs and edits agree with fresh native loads', { timeout: 300_000 }, () => {
  const { status, stdout, stderr } = run(script('property-child.mjs'), long ? '2000' : '60')
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(JSON.parse(stdout).compared).toBeGreaterThan(10)
})

test('programs of every kind of module run and change as they do natively', { timeout: 300_000 }, () => {
  const { status, stdout, stderr } = run('--no-warnings', script('wide-child.mjs'), long ? '2000' : '50')
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(JSON.parse(stdout).compared).toBeGreaterThan(10)
})

test('reloads leave nothing behind', { timeout: 300_000 }, () => {
  const counts = long ? ['20000', '2000'] : ['800', '60']
  const { status, stdout, stderr } = run(
    '--expose-gc',
    '--max-old-space-size=64',
    script('reload-child.mjs'),
    ...counts,
  )
  expect(stderr).toBe('')
  expect(status).toBe(0)
  const left = JSON.parse(stdout)
  // The heap settles about 1 MB above the first reloads, however many there are.
  expect(left.kbPerReload * Number(counts[0])).toBeLessThan(2048)
  expect(left.kbPerGraphReload * Number(counts[1])).toBeLessThan(2048)
  expect(left.retained).toBeLessThanOrEqual(2)
  expect(left.handles).toBe(0)
})
