/** The clock of an engine whose workers tick at the same rate, and what they write down. */

export const HZ = 240
export const PERIOD_MS = 1000 / HZ
/** Frames that the logs hold; older ones are overwritten. */
const LOGGED = 4096

export const Order = { REST: 0, RUN: 1, STOP: 2 }

/** Milliseconds on a clock that all threads share. */
export const now = () => performance.timeOrigin + performance.now()

/**
 * Shared memory between a driver and its workers. Per worker: the edit that ran last and,
 * for each of the last frames, its number, its beginning and the edit that ran in it.
 */
export class Log {
  constructor(shared, workers) {
    this.shared = shared
    this.workers = workers
    this.order = new Int32Array(shared, 0, 4)
    this.origin = new Float64Array(shared, 16, 1)
    this.latest = new Int32Array(shared, 24, 2 * workers)
    const floats = new Float64Array(shared, 24 + 8 * workers)
    const table = (index) => floats.subarray(index * LOGGED, (index + 1) * LOGGED)
    this.rows = Array.from({ length: workers }, (_, i) => ({
      frames: table(5 * i),
      begins: table(5 * i + 1),
      edits: table(5 * i + 2),
      /** by edit: when it was loaded, and when it had run for the first time */
      loaded: table(5 * i + 3),
      ran: table(5 * i + 4),
    }))
  }

  static create(workers) {
    const bytes = 24 + 8 * workers + workers * 5 * LOGGED * 8
    const log = new Log(new SharedArrayBuffer(bytes), workers)
    log.origin[0] = now()
    for (const { frames } of log.rows) frames.fill(-1)
    return log
  }

  say(order) {
    Atomics.store(this.order, 0, order)
  }

  /** The beginning of a worker's first frame at or after an instant; undefined if there is none yet. */
  beginAfter(worker, instant) {
    let first
    for (const begin of this.rows[worker].begins)
      if (begin >= instant && (first === undefined || begin < first)) first = begin
    return first
  }

  /** When edit `edit` had run in every worker; undefined while it has not. */
  ranEverywhere(edit) {
    const instants = this.rows.map(({ ran }) => ran[edit % LOGGED])
    return instants.every((instant) => instant > 0) ? Math.max(...instants) : undefined
  }

  loadedAt(worker, edit) {
    return this.rows[worker].loaded[edit % LOGGED]
  }

  ranAt(worker, edit) {
    return this.rows[worker].ran[edit % LOGGED]
  }

  /** Begins the count of frames anew. */
  forget() {
    for (const { frames } of this.rows) frames.fill(-1)
  }

  /** Of the frames that all workers ran: how many, and in how many they ran different edits. */
  compare() {
    const count = { frames: 0, mixed: 0 }
    for (let at = 0; at < LOGGED; at++) {
      const frame = this.rows[0].frames[at]
      if (frame < 0 || this.rows.some(({ frames }) => frames[at] !== frame)) continue
      count.frames++
      if (this.rows.some(({ edits }) => edits[at] !== this.rows[0].edits[at])) count.mixed++
    }
    return count
  }
}

/** A worker's side of the clock. */
export class Ticker {
  #log
  #row
  #latest = 0

  constructor(log, worker) {
    this.#log = log
    this.#row = log.rows[worker]
  }

  /** Takes note of an edit that has been loaded but has not run yet. */
  loaded(edit) {
    this.#row.loaded[edit % LOGGED] = now()
  }

  /**
   * Runs `turn(frame)` at every beginning of a frame, until told to stop; it returns the edit
   * that ran. The loop yields: a timer brings the next frame.
   */
  async run(turn) {
    const { order, origin } = this.#log
    for (let done = -1; Atomics.load(order, 0) !== Order.STOP; ) {
      const frame = Math.floor((now() - origin[0]) / PERIOD_MS)
      if (frame > done && Atomics.load(order, 0) === Order.RUN) {
        done = frame
        this.#turn(frame, turn)
      }
      const left = origin[0] + (frame + 1) * PERIOD_MS - now()
      await new Promise((resolve) => setTimeout(resolve, Math.max(1, Math.ceil(left))))
    }
  }

  #turn(frame, turn) {
    const { frames, begins, edits, ran } = this.#row
    const at = frame % LOGGED
    frames[at] = -1
    begins[at] = now()
    const edit = turn(frame)
    edits[at] = edit
    frames[at] = frame
    if (edit !== this.#latest) ran[edit % LOGGED] = now()
    this.#latest = edit
  }
}
