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

const KINDS = { heapKb: 'heapBytes', bufferKb: 'bufferBytes', rssKb: 'rssBytes' }

/**
 * KB that each evaluation of a module has left behind, from readings with as many evaluations between one
 * and the next. The least of the stretches counts: V8 takes a megabyte for itself now and then, once; what
 * leaks does so in all of them.
 */
export function growth(readings, evaluations) {
  const least = (key) => {
    const steps = readings.slice(1).map((reading, i) => reading[key] - readings[i][key])
    return Number((Math.min(...steps) / evaluations / 1024).toFixed(3))
  }
  return Object.fromEntries(Object.entries(KINDS).map(([name, key]) => [name, least(key)]))
}
