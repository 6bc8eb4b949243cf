import { Worker } from 'node:worker_threads'
import { arrive, Word } from './barrier-words.js'

/** Frames from one meeting to the next: as with swaps, most frames have none. */
const MEET_EVERY = 4

/**
 * Plain threads that run frames as a fleet does and meet in some of them at a bare barrier of one counter and one
 * `Atomics.wait`: what waiting for each other costs so many threads on this machine, whatever they meet for.
 * @returns per thread and meeting, ms from its arrival until it goes on
 */
export async function bareMeetings({ threads, hz, meetings }) {
  const shared = new SharedArrayBuffer(64 + threads * 8)
  const words = new Int32Array(shared, 0, 16)
  const times = new Float64Array(shared, 64, threads)
  words[Word.RUNNING] = 1
  words[Word.THREADS] = threads
  const workers = await Promise.all(
    Array.from({ length: threads - 1 }, (_, index) => started({ shared, thread: index + 1 })),
  )
  const taken = []
  let next = performance.now()
  for (let frame = 1; frame <= meetings * MEET_EVERY; frame++) {
    next = Math.max(next + 1000 / hz, performance.now() - 1000 / hz)
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())))
    const isMeeting = frame % MEET_EVERY === 0
    Atomics.store(words, Word.MEETING, isMeeting ? 1 : 0)
    Atomics.store(words, Word.DONE, 0)
    Atomics.store(words, Word.FRAME, frame)
    Atomics.notify(words, Word.FRAME)
    if (isMeeting) times[0] = arrive(words)
    for (let done = Atomics.load(words, Word.DONE); done < threads - 1; done = Atomics.load(words, Word.DONE))
      Atomics.wait(words, Word.DONE, done, 100)
    if (isMeeting) taken.push(...times)
  }
  Atomics.store(words, Word.RUNNING, 0)
  Atomics.notify(words, Word.FRAME)
  await Promise.all(workers.map((worker) => worker.terminate()))
  return taken
}

async function started(workerData) {
  const worker = new Worker(new URL('./barrier-worker.js', import.meta.url), { workerData })
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  return worker
}
