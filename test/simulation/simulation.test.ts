import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { MUTANTS } from './mutants.js'
import { Scheduler } from './scheduler.js'

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

test('a thread that is woken late goes on waiting for the token', async () => {
  const shared = { ...Scheduler.memory(2), board: new Int32Array(1) }
  const isRunning = new Int32Array(new SharedArrayBuffer(4))
  const url = new URL('./scheduler.js', import.meta.url).href
  const code = `import(${JSON.stringify(url)}).then(({ Scheduler }) => {
    const { shared, isRunning } = require('node:worker_threads').workerData
    new Scheduler(shared, 1).awaitToken()
    Atomics.store(isRunning, 0, 1)
  })`
  const worker = new Worker(code, { eval: true, workerData: { shared, isRunning } })
  const scheduler = new Scheduler(shared, 0)
  // Who has come back to wait once more did not take the first wake-up for the token.
  let woken = 0
  const wake = () => {
    woken += Atomics.notify(shared.words, scheduler.at(1, 0))
    return woken > 1 || isRunning[0] === 1
  }
  await expect.poll(wake, { timeout: 10_000, interval: 1 }).toBe(true)
  expect(isRunning[0]).toBe(0)
  scheduler.release()
  await new Promise((resolve) => worker.once('exit', resolve))
  expect(isRunning[0]).toBe(1)
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
