/** What a process or thread holds, read when its garbage is gone. */
import { setImmediate as turn } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'

/** Runs the garbage collector until the heap gets no smaller, and finalizers have run. */
async function settle() {
  for (let used = Number.POSITIVE_INFINITY; ; ) {
    for (let i = 0; i < 3; i++) {
      globalThis.gc()
      await turn()
    }
    const now = getHeapStatistics().used_heap_size
    if (now >= used) return
    used = now
  }
}

export class Gauge {
  #made = 0
  #collected = 0
  #old = []
  #registry = new FinalizationRegistry(() => this.#collected++)

  /** Takes note of a function of the version that runs now. */
  watch(code) {
    this.#made++
    this.#registry.register(code)
    this.#old.push(new WeakRef(code))
  }

  async read() {
    await settle()
    this.#old = this.#old.filter((ref) => ref.deref())
    await settle()
    const { used_heap_size: heapBytes, malloced_memory: mallocBytes } = getHeapStatistics()
    const { arrayBuffers: bufferBytes, rss: rssBytes } = process.memoryUsage()
    return {
      heapBytes,
      mallocBytes,
      bufferBytes,
      rssBytes,
      alive: this.#old.length,
      uncollected: this.#made - this.#collected,
      resources: process.getActiveResourcesInfo().length,
      listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    }
  }
}

const kilobytes = (half, end, evaluations) => Number(((end - half) / evaluations / 1024).toFixed(3))

/** KB that each evaluation of a module between two readings has left behind. */
export const growth = (half, end, evaluations) => ({
  heapKb: kilobytes(half.heapBytes, end.heapBytes, evaluations),
  bufferKb: kilobytes(half.bufferBytes, end.bufferBytes, evaluations),
  rssKb: kilobytes(half.rssBytes, end.rssBytes, evaluations),
})
