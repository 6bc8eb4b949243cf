import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { createRuntime } from '../../dist/index.js'
import { Slot, Word } from './fleet-words.js'

const PATIENCE_MS = 20_000

/**
 * An engine as users write them: a main thread that drives frames, and workers that run each
 * of them with it in lockstep and whose loops never yield. Everybody ticks, calls the unit's
 * `step`, and says which edit answered.
 */
export class Fleet {
  /** every report that events brought, in order */
  reports = []
  /** frames in which participants ran different versions */
  mixed = 0
  frames = 0
  /** ms that tick() of the main thread took in frames in which nothing changed */
  idleTicks = []
  #dir
  #handle
  #words
  #workers = []
  #periodMs
  #next = performance.now()

  /** `hz`: frames a second; 0 runs them as fast as they go. */
  static async start(dir, { unit, workers = 0, hz = 0, runtime = {} }) {
    const fleet = new Fleet()
    fleet.#dir = dir
    fleet.#periodMs = hz && 1000 / hz
    fleet.runtime = await createRuntime({ units: dir, ...runtime })
    for (const event of ['swap', 'reject', 'rollback', 'permanent'])
      fleet.runtime.on(event, (report) => fleet.reports.push(report))
    fleet.#handle = fleet.runtime.use(unit)
    fleet.#words = new Int32Array(new SharedArrayBuffer(4 * (Slot.FIRST + Slot.WORDS * (workers + 1))))
    fleet.#words[Word.RUNNING] = 1
    const joined = Array.from({ length: workers }, (_, index) => fleet.#addWorker(index, unit))
    await Promise.all(joined)
    await fleet.run(5)
    return fleet
  }

  get columns() {
    return this.#handle.state.columns
  }

  /** The exports of the unit, of the version that runs. */
  get exports() {
    return this.#handle.exports
  }

  async #addWorker(index, unit) {
    const workerData = { ticket: this.runtime.ticket(), words: this.#words, index, unit }
    const worker = new Worker(new URL('./fleet-worker.js', import.meta.url), { workerData })
    this.#workers.push(worker)
    await new Promise((resolve, reject) => {
      worker.once('error', reject)
      worker.once('message', resolve)
    })
  }

  /** One frame of everybody. */
  async frame() {
    const words = this.#words
    const frame = ++this.frames
    await this.#pace()
    Atomics.store(words, Word.DONE, 0)
    Atomics.store(words, Word.FRAME, frame)
    Atomics.notify(words, Word.FRAME)
    const from = performance.now()
    this.runtime.tick(frame)
    this.idleTicks.push(performance.now() - from)
    const mine = this.#handle.exports.step(1 / 60, 0)
    this.#gather()
    if (this.#workers.some((_, i) => words[Slot.FIRST + i * Slot.WORDS + Slot.EDIT] !== mine)) this.mixed++
    // Events arrive as messages: the main thread of an engine yields once a frame.
    await new Promise((resolve) => setImmediate(resolve))
    return mine
  }

  #gather() {
    const words = this.#words
    const end = performance.now() + PATIENCE_MS
    for (let done = 0; ; ) {
      done = Atomics.load(words, Word.DONE)
      if (done === this.#workers.length) return
      Atomics.wait(words, Word.DONE, done, 100)
      if (performance.now() > end) throw new Error(`${this.#workers.length - done} workers stopped ticking`)
    }
  }

  async #pace() {
    if (!this.#periodMs) return
    this.#next = Math.max(this.#next + this.#periodMs, performance.now() - this.#periodMs)
    const left = this.#next - performance.now()
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left))
  }

  async run(frames) {
    for (let i = 0; i < frames; i++) await this.frame()
  }

  async until(condition, what) {
    const end = performance.now() + PATIENCE_MS
    while (!condition()) {
      if (performance.now() > end) throw new Error(`waited in vain for ${what}: ${said(this.reports.at(-1))}`)
      await this.frame()
    }
  }

  write(file, text) {
    writeFileSync(join(this.#dir, file), text)
  }

  /**
   * Saves a file, asks for the swap of its unit, and runs frames until the swap is over.
   * @returns the last report of it
   */
  async swap(file, text, outcome = 'permanent') {
    const since = this.reports.length
    this.write(file, text)
    let refused
    this.runtime.swap(file.replace(/\.\w+$/, '')).then(
      (report) => {
        if (report.outcome !== 'committed') refused = said(report)
      },
      (error) => {
        refused = error.message
      },
    )
    const last = () => this.reports.slice(since).find((report) => report.outcome === outcome)
    await this.until(() => refused || last(), `a swap that is ${outcome}`)
    if (!last()) throw new Error(`the swap of ${file} was not ${outcome}: ${refused}`)
    return last()
  }

  /** Saves a file and leaves the rest to the watcher; resolves with the last report. */
  async edit(file, text) {
    const since = this.reports.length
    this.write(file, text)
    const ended = () => this.reports.slice(since).find(({ outcome }) => outcome !== 'committed')
    await this.until(ended, `the end of the swap of ${file}`)
    if (ended().outcome !== 'permanent') throw new Error(`${file}: ${said(ended())}`)
    return ended()
  }

  async close() {
    Atomics.store(this.#words, Word.RUNNING, 0)
    Atomics.notify(this.#words, Word.FRAME)
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
    await this.runtime.close()
  }
}

const said = (report) =>
  report ? `${report.outcome} ${report.findings.map(({ message }) => message).join('; ')}` : 'no report'
