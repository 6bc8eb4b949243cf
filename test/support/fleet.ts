import { type ResourceLimits, Worker } from 'node:worker_threads'
import {
  createRuntime,
  type Handle,
  type Runtime,
  type RuntimeOptions,
  type SwapReport,
} from '../../dist/index.js'
import { FRAME, RUNNING, SLOT, SLOT_WORDS, versionCode } from './fleet-words.js'
import type { Scratch } from './scratch.ts'

/** A worker that does not finish its frame is ended by the engine after this, as a watchdog would do it. */
const HUNG_MS = 1200
const START_MS = 40_000

type Api = Record<string, (...args: unknown[]) => unknown>

/** An engine as users write them: the main thread and workers, one frame at a time, in lockstep. */
export class Fleet {
  readonly runtime: Runtime
  readonly handle: Handle<Api>
  /** every report, in order, as events brought it */
  readonly reports: SwapReport[] = []
  /** frames in which participants ran different versions */
  mixed = 0
  /** exceptions that reached the engine in the main thread */
  exceptions = 0
  frame = 0
  readonly #call: string
  readonly #unit: string
  readonly #words: Int32Array
  readonly #workers: Worker[] = []
  readonly #gone = new Set<number>()
  readonly #limits: ResourceLimits | undefined

  private constructor(runtime: Runtime, unit: string, call: string, limits?: ResourceLimits) {
    this.#limits = limits
    this.runtime = runtime
    this.#unit = unit
    this.#call = call
    this.handle = runtime.use<Api>(unit)
    this.#words = new Int32Array(new SharedArrayBuffer(4096))
    this.#words[RUNNING] = 1
    for (const event of ['swap', 'reject', 'rollback', 'permanent'] as const)
      runtime.on(event, (report) => this.reports.push(report))
  }

  static async start(
    scratch: Scratch,
    options: {
      workers?: number
      unit: string
      call?: string
      runtime?: Partial<RuntimeOptions>
      /** of the workers */
      limits?: ResourceLimits
    },
  ): Promise<Fleet> {
    const probation = { ticks: 10, ...options.runtime?.probation }
    const runtime = await createRuntime({ units: scratch.dir, ...options.runtime, probation })
    const fleet = new Fleet(runtime, options.unit, options.call ?? 'step', options.limits)
    for (let i = 0; i < (options.workers ?? 2); i++) await fleet.addWorker()
    await fleet.frames(3)
    return fleet
  }

  async addWorker(): Promise<Worker> {
    const index = this.#workers.length
    const workerData = {
      ticket: this.runtime.ticket(),
      words: this.#words,
      index,
      unit: this.#unit,
      call: this.#call,
    }
    const worker = new Worker(new URL('./fleet-worker.js', import.meta.url), {
      workerData,
      ...(this.#limits && { resourceLimits: this.#limits }),
    })
    worker.once('exit', () => this.#gone.add(index))
    await new Promise<void>((resolve, reject) => {
      // Later ones end the worker, and the test knows.
      worker.on('error', reject)
      const end = performance.now() + START_MS
      const poll = () => {
        if (this.#slot(index, 2)) resolve()
        else if (performance.now() > end) reject(new Error(`worker ${index} has not started`))
        else setImmediate(poll)
      }
      poll()
    })
    this.#workers.push(worker)
    return worker
  }

  /** The last worker, whose thread has ended: frames no longer wait for it. */
  forget(worker: Worker): void {
    if (this.#workers.at(-1) === worker) this.#workers.pop()
  }

  #slot(index: number, word: number): number {
    return Atomics.load(this.#words, SLOT + index * SLOT_WORDS + word)
  }

  /** One frame: everybody ticks and steps, and the main thread waits for the others. */
  async step(): Promise<void> {
    const words = this.#words
    const frame = ++this.frame
    Atomics.store(words, FRAME, frame)
    Atomics.notify(words, FRAME)
    this.runtime.tick(frame)
    const mine = versionCode(this.handle.version)
    try {
      this.handle.exports[this.#call]?.(1 / 60, -1)
    } catch {
      this.exceptions++
    }
    for (let i = 0; i < this.#workers.length; i++) await this.#await(i, frame)
    if (this.#living.some((i) => this.#slot(i, 1) !== mine)) this.mixed++
    await new Promise((resolve) => setImmediate(resolve))
  }

  get #living(): number[] {
    return this.#workers.map((_, i) => i).filter((i) => !this.#gone.has(i))
  }

  /** Blocks until a worker has finished its frame; one that takes too long is looked after, and then ended. */
  async #await(i: number, frame: number): Promise<void> {
    const from = performance.now()
    while (this.#slot(i, 0) !== (frame | 0) && !this.#gone.has(i)) {
      Atomics.wait(this.#words, SLOT + i * SLOT_WORDS, this.#slot(i, 0), 50)
      const waited = performance.now() - from
      // The end of a thread is an event.
      if (waited > 50) await new Promise((resolve) => setImmediate(resolve))
      if (waited > HUNG_MS) await this.#workers[i]!.terminate()
    }
  }

  /** Ends a worker's thread, wherever it is. */
  async kill(i: number): Promise<void> {
    await this.#workers[i]!.terminate()
    this.#gone.add(i)
  }

  async frames(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.step()
  }

  /** Runs frames until `condition` holds; throws after `ms`. */
  async until(condition: () => boolean, what: string, ms = 15_000): Promise<void> {
    const end = performance.now() + ms
    while (!condition()) {
      if (performance.now() > end)
        throw new Error(`waited ${ms} ms for ${what}; reports: ${this.#lastWords()}`)
      await this.step()
    }
  }

  #lastWords(): string {
    const last = this.reports.slice(-5).map(({ id, outcome, units, findings, phases }) => {
      return { id, outcome, units, findings, phases }
    })
    return JSON.stringify(last, null, 1)
  }

  /** Runs frames until a report has the outcome; reports before `since` do not count. */
  async report(outcome: SwapReport['outcome'], since = 0): Promise<SwapReport> {
    const find = () => this.reports.slice(since).find((report) => report.outcome === outcome)
    await this.until(() => find() !== undefined, `a report that is ${outcome}`)
    return find()!
  }

  /** Runs frames until the promise is settled. */
  async during<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const done = () => {
      settled = true
    }
    promise.then(done, done)
    await this.until(() => settled, 'a promise')
    return promise
  }

  /** Exceptions of units that reached an engine loop, in any thread. */
  get allExceptions(): number {
    return this.exceptions + this.#workers.reduce((sum, _, i) => sum + this.#slot(i, 3), 0)
  }

  /** Of a worker: how many permanent swaps it has heard of, and the entries of its history. */
  heard(i: number): { swaps: number; entries: number } {
    return { swaps: this.#slot(i, 4), entries: this.#slot(i, 5) }
  }

  async close(): Promise<void> {
    Atomics.store(this.#words, RUNNING, 0)
    Atomics.notify(this.#words, FRAME)
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
    await this.runtime.close()
  }
}
