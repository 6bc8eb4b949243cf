import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { MUTANTS } from './mutants.js'

const SCRIPT = fileURLToPath(new URL('./run.js', import.meta.url))
/** `make simulation` runs 10,000. */
const SEEDS = process.env.TICKSWAP_SEEDS ?? '300'

/** Runs the simulation in a process of its own; says what it printed, and whether it found something. */
function simulate(...args: string[]): Promise<{ found: boolean; text: string }> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [SCRIPT, ...args], (error, stdout, stderr) => {
      // A crash is not a finding.
      if (error && !/^repeat with/m.test(stdout)) reject(new Error(`${stdout}${stderr}`, { cause: error }))
      else resolve({ found: error !== null, text: stdout + stderr })
    })
  })
}

test(`${SEEDS} seeds: no mixed tick, all or nothing, no state lost, everything ends`, {
  timeout: 240_000,
}, async () => {
  const { found, text } = await simulate('--seeds', SEEDS)
  expect(found, text).toBe(false)
})

test('a seed runs the same way again', { timeout: 60_000 }, async () => {
  const steps = async () => /(\d+) steps/.exec((await simulate('--seeds', '1', '--from', '7')).text)?.[1]
  const first = await steps()
  expect(Number(first)).toBeGreaterThan(100)
  expect(await steps()).toBe(first)
})

describe('it finds the defect that', () => {
  test.each(Object.keys(MUTANTS))('%s', { timeout: 120_000 }, async (name) => {
    const { found, text } = await simulate(
      '--mutant',
      name,
      '--seeds',
      '400',
      '--from',
      `${MUTANTS[name]!.from}`,
    )
    expect(found, text).toBe(true)
    expect(text).toMatch(/TICKSWAP_SEED=\d+/)
  })
})
