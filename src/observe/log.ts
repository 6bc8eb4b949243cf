import { type DestinationStream, destination, type Logger, pino } from 'pino'
import type { Finding } from '../errors.ts'
import type { SwapReport } from '../swap/report.ts'
import type { Alert, Severity } from './alerts.ts'
import type { LogOptions } from './log-level.ts'

const STDERR = 2
const LEVELS: Record<Severity, 'info' | 'warn' | 'error' | 'fatal'> = {
  low: 'info',
  medium: 'warn',
  high: 'error',
  critical: 'fatal',
}
/** Wherever these stand in what is logged, they are not shown. */
const SECRETS = ['token', 'secret', 'authorization', 'password'].flatMap((key) => [
  key,
  `*.${key}`,
  `*.*.${key}`,
])

/** What happens, as lines of JSON, written by the admin thread. */
export class Log {
  readonly #logger: Logger
  readonly #stream: DestinationStream & { flushSync?(): void }

  constructor({ level, file }: LogOptions) {
    this.#stream = destination({ dest: file ?? STDERR, sync: false, mkdir: file !== undefined })
    this.#logger = pino(
      { name: 'tickswap', level, redact: { paths: SECRETS, censor: '[redacted]' } },
      this.#stream,
    )
  }

  report(report: SwapReport): void {
    const { id, trigger, outcome, verdict, actions, units, files, phases, stallMs, liveMs, findings } = report
    const facts = { swap: id, trigger, outcome, verdict, actions, units, files, phases, stallMs, liveMs }
    const found = findings.map(({ code, message }) => ({ code, message }))
    const level =
      outcome === 'rolled-back'
        ? 'error'
        : outcome === 'committed' || outcome === 'permanent'
          ? 'info'
          : 'warn'
    this.#logger[level]({ ...facts, findings: found }, `swap ${id}: ${outcome}`)
  }

  warning({ code, message, unit, participant }: Finding): void {
    this.#logger.warn({ code, unit, participant }, message)
  }

  alert(alert: Alert): void {
    this.#logger[LEVELS[alert.severity]]({ alert }, alert.message)
  }

  /** Something from outside asked for a change. */
  asked(operation: string, params: unknown, from: string): void {
    this.#logger.info({ operation, params, from }, `${from} asked for ${operation}`)
  }

  problem(message: string): void {
    this.#logger.warn(message)
  }

  close(): void {
    this.#stream.flushSync?.()
  }
}
