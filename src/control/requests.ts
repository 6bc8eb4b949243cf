import { type Finding, finding } from '../errors.ts'
import type { SwapReport } from '../swap/report.ts'
import type { Ask } from './ask.ts'
import { timeout } from './deadline.ts'
import { both, type Queue, type Request } from './queue.ts'
import type { Retries } from './retries.ts'

/** What requests need of the control thread. */
export interface Counter {
  /** milliseconds that a request may wait for its turn */
  readonly queueMs: number
  enqueue(request: Request): void
  /** the report of a swap that never had its turn */
  decline(ask: Ask, why: Finding): SwapReport
}

/** Swaps that engines ask for, until it is their turn. */
export class Requests {
  readonly #queue: Queue
  readonly #retries: Retries
  readonly #counter: Counter

  constructor(queue: Queue, retries: Retries, counter: Counter) {
    this.#queue = queue
    this.#retries = retries
    this.#counter = counter
  }

  /** Queues one. Another of the same units that waits is the same, or is replaced. */
  add(wanted: Omit<Request, 'resolve' | 'reject'>): Promise<SwapReport> {
    return new Promise((resolve, reject) => {
      let request: Request = { ...wanted, resolve, reject }
      const twin = this.#queue.takeTwin(request)
      if (twin && twin.strategy === request.strategy) request = both(twin, request)
      else if (twin)
        void this.#decline(twin, finding('TICKSWAP_E_REPLACED', 'a newer swap of the same units waits'))
      this.#counter.enqueue(request)
      const { key, queueMs = this.#counter.queueMs } = request
      this.#retries.after(queueMs, () => {
        const late = this.#queue.takeKey(key)
        if (late) void this.#decline(late, timeout('detect', queueMs, queueMs, 'another swap has its turn'))
      })
    })
  }

  /** Takes back one that waits for its turn, or for another attempt. */
  cancel(key: string): boolean {
    const waiting = this.#queue.takeKey(key) ?? this.#retries.takeKey(key)
    if (waiting)
      void this.#decline(waiting, finding('TICKSWAP_E_CANCELLED', 'the swap was cancelled while it waited'))
    return waiting !== undefined
  }

  async #decline({ find, resolve, reject }: Request, why: Finding): Promise<void> {
    try {
      resolve(this.#counter.decline(await find(), why))
    } catch (error) {
      reject(error)
    }
  }
}
