/**
 * Swaps a unit in a whole runtime, with two workers as participants, one of which never yields to its event loop,
 * and prints what that has left behind in each thread, as JSON.
 *
 *     node --max-old-space-size=64 --expose-gc test/memory/runtime.js 200
 */
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { createRuntime, joinRuntime } from '../../dist/index.js'
import { Gauge, growth } from './gauge.js'
import { leaf, unit } from './sources.js'

const gauge = new Gauge()
/** Takes note of the version that runs in this thread. */
const watch = (runtime) => gauge.watch(runtime.use('traffic').exports.step)

/** Swaps what was saved, and waits until the old version has been let go. */
async function permanently(runtime) {
  let passed
  const permanent = new Promise((resolve) => {
    passed = resolve
  })
  runtime.on('permanent', passed)
  const { outcome } = await runtime.swap('traffic')
  if (outcome === 'committed') await permanent
  runtime.off('permanent', passed)
}

async function work() {
  const runtime = await joinRuntime(workerData)
  runtime.on('permanent', () => watch(runtime))
  const timer = setInterval(() => runtime.tick(), 1)
  parentPort.on('message', async (message) => {
    if (message === 'read') return parentPort.postMessage(await gauge.read())
    clearInterval(timer)
    parentPort.close()
    await runtime.close()
  })
  parentPort.postMessage('ready')
}

/** What `busy` shows of itself: bytes of its heap and of its buffers; written when it has been asked to. */
const ASKED = 0
const OVER = 1

/** No job ends here: what waits for the end of one, such as the targets of a WeakRef, would be kept for good. */
async function busy({ ticket, words, readings }) {
  const runtime = await joinRuntime(ticket)
  parentPort.postMessage('ready')
  while (!Atomics.load(words, OVER)) {
    Atomics.wait(words, ASKED, 0, 1)
    runtime.tick()
    if (!Atomics.load(words, ASKED)) continue
    const { used_heap_size: heapBytes } = collected()
    readings.set([heapBytes, process.memoryUsage().arrayBuffers])
    Atomics.store(words, ASKED, 0)
  }
  await runtime.close()
}

function collected() {
  for (let used = Number.POSITIVE_INFINITY; ; ) {
    for (let i = 0; i < 3; i++) globalThis.gc()
    const now = getHeapStatistics()
    if (now.used_heap_size >= used) return now
    used = now.used_heap_size
  }
}

async function drive(count) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'tickswap-memory-')))
  const write = (version) => {
    writeFileSync(join(root, 'leaf.ts'), leaf(version))
    writeFileSync(join(root, 'traffic.ts'), unit(version))
  }
  write(0)
  const runtime = await createRuntime({
    units: root,
    watch: false,
    probation: { ticks: 1, budgetMs: 60_000 },
  })
  const worker = new Worker(new URL(import.meta.url), { workerData: runtime.ticket() })
  await once(worker, 'message')
  const words = new Int32Array(new SharedArrayBuffer(8))
  const shown = new Float64Array(new SharedArrayBuffer(16))
  const unyielding = new Worker(new URL(import.meta.url), {
    workerData: { ticket: runtime.ticket(), words, readings: shown },
  })
  await once(unyielding, 'message')
  const timer = setInterval(() => runtime.tick(), 1)
  const outcomes = []
  for (const event of ['reject', 'rollback']) runtime.on(event, ({ findings }) => outcomes.push(...findings))
  let version = 0
  const swaps = async (n) => {
    for (let i = 0; i < n; i++) {
      write(++version)
      await permanently(runtime)
      runtime.use('traffic').exports.step(1)
      watch(runtime)
      await turn()
    }
  }
  const read = async () => {
    const reading = once(worker, 'message')
    worker.postMessage('read')
    const [inWorker] = await reading
    Atomics.store(words, ASKED, 1)
    while (Atomics.load(words, ASKED)) await turn()
    const [heapBytes, bufferBytes] = shown
    return { main: await gauge.read(), worker: inWorker, busy: { heapBytes, bufferBytes } }
  }
  await swaps(Math.ceil(count / 2))
  const readings = [await read()]
  for (let i = 0; i < 2; i++) {
    await swaps(Math.floor(count / 4))
    readings.push(await read())
  }
  // The unit and the module that travels with it.
  const evaluations = 2 * Math.floor(count / 4)
  const of = (thread) =>
    growth(
      readings.map((each) => each[thread]),
      evaluations,
    )
  const result = {
    half: readings[0],
    end: readings.at(-1),
    main: of('main'),
    worker: of('worker'),
    busy: of('busy'),
    failed: outcomes.map(({ code, message }) => `${code}: ${message}`),
  }
  worker.postMessage('end')
  Atomics.store(words, OVER, 1)
  await Promise.all([once(worker, 'exit'), once(unyielding, 'exit')])
  clearInterval(timer)
  await runtime.close()
  rmSync(root, { recursive: true, force: true })
  console.log(JSON.stringify(result))
}

if (isMainThread) await drive(Number(process.argv[2]))
else if (workerData.words) await busy(workerData)
else await work()
