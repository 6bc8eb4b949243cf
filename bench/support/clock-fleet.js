import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Log, now, Order } from './clock.js'

/** From the write until an edit counts as lost. */
const LOST_MS = 1500

/**
 * Workers that tick at 240 Hz by a common clock, and a driver that saves a file and watches
 * when its new code runs in all of them. What makes the code live is in the worker's script
 * and in `connect`: tickswap, or a peer.
 */
export class ClockFleet {
  log
  /** edits that were not live everywhere in time */
  lost = 0
  #workers
  #file

  static async start({ file, script, workers, data = {}, connect = () => {} }) {
    const fleet = new ClockFleet()
    fleet.#file = file
    fleet.log = Log.create(workers)
    fleet.#workers = Array.from({ length: workers }, (_, index) => {
      const workerData = { ...data, shared: fleet.log.shared, workers, index }
      return new Worker(new URL(script, import.meta.url), { workerData })
    })
    const ready = fleet.#workers.map(readiness)
    fleet.#workers.forEach(connect)
    await Promise.all(ready)
    return fleet
  }

  async run() {
    this.log.say(Order.RUN)
    await sleep(50)
  }

  rest() {
    this.log.say(Order.REST)
  }

  /**
   * Saves a text that runs as edit `edit`.
   * @returns the instants of the write and of the moment it had run everywhere; undefined when it was lost
   */
  async save(edit, text) {
    const wrote = now()
    writeFileSync(this.#file, text)
    for (;;) {
      const live = this.log.ranEverywhere(edit)
      if (live !== undefined) return { edit, wrote, live }
      if (now() - wrote > LOST_MS) break
      await sleep(1)
    }
    this.lost++
    return undefined
  }

  async close() {
    this.log.say(Order.STOP)
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}

const readiness = (worker) =>
  new Promise((resolve, reject) => {
    worker.once('error', reject)
    const take = (message) => {
      if (message !== 'ready') return
      worker.off('message', take)
      resolve()
    }
    worker.on('message', take)
  })
