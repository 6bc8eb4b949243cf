import { Alerts, type Limits } from '../observe/alerts.ts'
import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import { type Delivery, type Target, WebhookSender } from '../observe/webhooks.ts'
import type { EngineView } from './engine-view.ts'

const LOOK_MS = 1000

export interface WatchmanOptions {
  readonly limits: Limits
  readonly webhooks: readonly Target[]
  readonly log: Log | undefined
  readonly metrics: Metrics
}

/** Watches the engine, and tells whoever should know: the event stream, the log, the metrics, webhooks. */
export class Watchman {
  readonly #view: EngineView
  readonly #options: WatchmanOptions
  readonly #senders: readonly WebhookSender[]
  readonly #alerts: Alerts
  readonly #stops: (() => void)[]
  readonly #timer: NodeJS.Timeout

  constructor(view: EngineView, options: WatchmanOptions) {
    this.#view = view
    this.#options = options
    this.#senders = options.webhooks.map(
      (target) => new WebhookSender(target, (delivery, why) => this.#told(delivery, why)),
    )
    this.#alerts = new Alerts(options.limits, (alert) => {
      view.raise(alert)
      options.metrics.alert(alert)
      options.log?.alert(alert)
      for (const sender of this.#senders) sender.send(alert)
    })
    this.#stops = [
      view.on(({ payload }) => {
        if ('outcome' in payload) this.#alerts.report(payload)
      }),
    ]
    this.#timer = setInterval(() => void this.#look(), LOOK_MS)
    this.#timer.unref()
  }

  close(): void {
    clearInterval(this.#timer)
    for (const stop of this.#stops) stop()
    for (const sender of this.#senders) sender.close()
  }

  async #look(): Promise<void> {
    this.#alerts.memory(process.memoryUsage.rss())
    if (this.#view.isClosed) return this.#alerts.controlLost()
    const participants = await this.#view.participants().catch(() => [])
    for (const { name, state, standsStill } of participants)
      if (state === 'ticking' && standsStill) this.#alerts.standstill(name)
  }

  #told(delivery: Delivery, why: string | undefined): void {
    this.#options.metrics.delivery(delivery)
    if (why) this.#options.log?.problem(`an alert was ${delivery}: ${why}`)
  }
}
