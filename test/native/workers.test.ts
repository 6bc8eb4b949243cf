import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { addon, hashHex } from '../../dist/native/addon.js'

type End = 'exit' | 'throw' | 'spin' | 'wait' | 'return'

const start = (words: Int32Array, index: number, end: End, cancel = false) => {
  const worker = new Worker(new URL('./fixtures/worker.js', import.meta.url), {
    workerData: { words, index, value: 100 + index, end, cancel },
  })
  worker.on('error', () => {})
  return worker
}
/** Unlike events.once, does not take the worker's own error for a failure. */
const ended = (worker: Worker) => new Promise((resolve) => worker.once('exit', resolve))
const sharedWords = (count: number) => new Int32Array(new SharedArrayBuffer(count * 4))

describe('the addon in workers', () => {
  it('loads in several at the same time, beside the main thread', async () => {
    const words = sharedWords(8)
    const workers = Array.from({ length: 8 }, (_, i) => start(words, i, 'return'))
    const answers = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]))
    const expected = { implementation: addon().implementation(), hash: hashHex(new Uint8Array(1000)) }
    expect(answers).toEqual(Array(8).fill(expected))
    await Promise.all(workers.map((worker) => worker.terminate()))
  })

  it.each(['exit', 'throw', 'return'] as const)('stores on exit when a worker ends by %s', async (end) => {
    const words = sharedWords(2)
    await ended(start(words, 1, end))
    expect([...words]).toEqual([0, 101])
  })

  it.each(['spin', 'wait'] as const)('stores on exit when a worker is terminated in a %s', async (end) => {
    const words = sharedWords(2)
    const worker = start(words, 1, end)
    await once(worker, 'message')
    expect(Atomics.load(words, 1)).toBe(0)
    await worker.terminate()
    expect([...words]).toEqual([0, 101])
  })

  it('does not store what was cancelled', async () => {
    const words = sharedWords(1)
    await ended(start(words, 0, 'return', true))
    expect(words[0]).toBe(0)
  })
})
