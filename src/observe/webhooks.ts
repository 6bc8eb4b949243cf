import { createHmac } from 'node:crypto'
import type { Alert } from './alerts.ts'

/** alerts that wait for one address; the oldest go */
const MOST_WAITING = 256
const ATTEMPTS = 6
const FIRST_WAIT_MS = 500
const TIMEOUT_MS = 5000

export interface Target {
  readonly url: string
  readonly secret: string
}

export type Delivery = 'delivered' | 'failed' | 'dropped'

/**
 * Sends alerts to one address, in order, one at a time. A delivery that fails is tried again after
 * 0.5, 1, 2, 4 and 8 seconds, then given up; nothing else waits for it.
 *
 * The receiver checks `x-tickswap-signature`: `sha256=` and the HMAC-SHA256, in hexadecimal, of the header
 * `x-tickswap-timestamp`, a dot and the body, by the shared secret.
 */
export class WebhookSender {
  readonly #target: Target
  readonly #told: (delivery: Delivery, why?: string) => void
  readonly #waiting: Alert[] = []
  readonly #abort = new AbortController()
  #isSending = false

  constructor(target: Target, told: (delivery: Delivery, why?: string) => void) {
    this.#target = target
    this.#told = told
  }

  send(alert: Alert): void {
    this.#waiting.push(alert)
    if (this.#waiting.length > MOST_WAITING) {
      this.#waiting.shift()
      this.#told('dropped', `${MOST_WAITING} alerts wait for ${this.#target.url} already`)
    }
    if (!this.#isSending) void this.#drain()
  }

  close(): void {
    this.#waiting.length = 0
    this.#abort.abort()
  }

  async #drain(): Promise<void> {
    this.#isSending = true
    for (let alert = this.#waiting.shift(); alert; alert = this.#waiting.shift()) await this.#deliver(alert)
    this.#isSending = false
  }

  async #deliver(alert: Alert): Promise<void> {
    let why = ''
    for (let attempt = 0; attempt < ATTEMPTS && !this.#abort.signal.aborted; attempt++) {
      if (attempt > 0) await pause(FIRST_WAIT_MS * 2 ** (attempt - 1), this.#abort.signal)
      try {
        const { ok, status } = await this.#post(JSON.stringify(alert))
        if (ok) return this.#told('delivered')
        why = `${this.#target.url} answered ${status}`
      } catch (error) {
        why = `${this.#target.url}: ${(error as Error).message}`
      }
    }
    this.#told('failed', why)
  }

  async #post(body: string): Promise<Response> {
    const timestamp = String(Math.floor(Date.now() / 1000))
    const signature = createHmac('sha256', this.#target.secret).update(`${timestamp}.${body}`).digest('hex')
    const response = await fetch(this.#target.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-tickswap-timestamp': timestamp,
        'x-tickswap-signature': `sha256=${signature}`,
      },
      body,
      // Another address has not been told of in the options.
      redirect: 'error',
      signal: AbortSignal.any([this.#abort.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    await response.body?.cancel()
    return response
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
