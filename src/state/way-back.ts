import { PageSet } from './page-set.ts'

const STATE = 0
const ALL = 1
const BUSY = 2
const STOP = 3
const WORDS = 4

const NONE = 0
const READY = 1
const BROKEN = 2

/** How far the way back of one unit's state has been gone ahead, for all threads. Structured-cloneable. */
export interface WayBackMemory {
  readonly words: SharedArrayBuffer
  /** pages of the new version's last good state that were written and not been moved since */
  readonly kept: SharedArrayBuffer
  /** pages in which the old version's state, as it would be, may differ from what it was at the commit */
  readonly differing: SharedArrayBuffer
}

/** Room for it. Pages of 4 KB of the new version's memory, and of the old one's. */
export const newWayBack = (newPages: number, oldPages: number): WayBackMemory => ({
  words: new SharedArrayBuffer(WORDS * 4),
  kept: PageSet.room(newPages),
  differing: PageSet.room(oldPages),
})

/**
 * What three parties agree by: a thread beside the engine moves the last good state the way back, time and again, into
 * memory that nobody uses; whoever keeps that state says which pages were written; and the leader of a rollback stops
 * the one and does what is left.
 */
export class WayBack {
  readonly kept: PageSet
  readonly differing: PageSet
  readonly #words: Int32Array<SharedArrayBuffer>

  constructor({ words, kept, differing }: WayBackMemory) {
    this.#words = new Int32Array(words)
    this.kept = new PageSet(kept)
    this.differing = new PageSet(differing)
  }

  /** All but what is in `kept` has been moved. */
  get isReady(): boolean {
    return Atomics.load(this.#words, STATE) === READY && Atomics.load(this.#words, ALL) === 0
  }

  get isBroken(): boolean {
    return Atomics.load(this.#words, STATE) === BROKEN
  }

  // ---- who keeps the state ----------------------------------------------------------

  /** After pages were copied to the last good state. */
  notePages(pages: Uint32Array, count: number): void {
    this.kept.addAll(pages, count)
  }

  /** After all of it was. */
  noteAll(): void {
    Atomics.store(this.#words, ALL, 1)
  }

  // ---- who goes ahead ---------------------------------------------------------------

  /** @returns false when it must not: nobody waits for more */
  begin(): boolean {
    Atomics.store(this.#words, BUSY, 1)
    if (!this.isStopped) return true
    this.pause()
    return false
  }

  pause(): void {
    Atomics.store(this.#words, BUSY, 0)
    Atomics.notify(this.#words, BUSY)
  }

  get isStopped(): boolean {
    return Atomics.load(this.#words, STOP) === 1
  }

  /** Whether all has to be moved, again or for the first time. */
  takeAll(): boolean {
    return Atomics.exchange(this.#words, ALL, 0) === 1
  }

  become(state: 'none' | 'ready' | 'broken'): void {
    Atomics.store(this.#words, STATE, { none: NONE, ready: READY, broken: BROKEN }[state])
  }

  // ---- who goes back ----------------------------------------------------------------

  /** Stops whoever goes ahead. @returns false when that takes longer than `ms`: it may still write */
  stop(ms: number): boolean {
    Atomics.store(this.#words, STOP, 1)
    const end = performance.now() + ms
    while (Atomics.load(this.#words, BUSY) === 1) {
      const left = end - performance.now()
      if (left <= 0) return false
      Atomics.wait(this.#words, BUSY, 1, left)
    }
    return true
  }
}
