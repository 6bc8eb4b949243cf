import { ADVICE, type Finding } from '../errors.ts'
import type { SwapReport } from '../swap/report.ts'

export type Severity = 'low' | 'medium' | 'high' | 'critical'

/** Something that a person should know of. */
export interface Alert {
  readonly rule: Rule
  readonly severity: Severity
  readonly message: string
  readonly advice: string
  /** the unit or the participant that it is about */
  readonly subject: string
  /** epoch milliseconds */
  readonly at: number
}

/** What raises alerts, and how bad each is. */
export const RULES = {
  rollback: 'high',
  flapping: 'critical',
  straggler: 'medium',
  quarantine: 'medium',
  stall: 'low',
  memory: 'high',
  standstill: 'high',
  'control-lost': 'critical',
} as const satisfies Record<string, Severity>
export type Rule = keyof typeof RULES

export interface Limits {
  /** a commit that holds a participant for longer is worth a word; milliseconds */
  readonly stallMs: number
  /** resident memory of the process; bytes */
  readonly memoryBytes: number
}

/** So many rollbacks of a unit within so long are one too many. */
const FLAPS = 3
const FLAPPING_MS = 600_000
/** The same alert about the same subject is raised again after this, not before. */
const QUIET_MS = 60_000

/** Watches what happens by the rules, and raises alerts. Keeps no more than the subjects of ten minutes. */
export class Alerts {
  readonly #limits: Limits
  readonly #raise: (alert: Alert) => void
  readonly #now: () => number
  readonly #lastRaised = new Map<string, number>()
  readonly #rollbacks = new Map<string, number[]>()

  constructor(limits: Limits, raise: (alert: Alert) => void, now: () => number = Date.now) {
    this.#limits = limits
    this.#raise = raise
    this.#now = now
  }

  report(report: SwapReport): void {
    const units = report.units.map(({ unit }) => unit)
    const names = units.join(', ') || report.files.join(', ')
    const cause = report.findings.find(({ severity }) => severity === 'error')
    if (report.outcome === 'rolled-back') this.#rolledBack(units, names, cause)
    for (const found of report.findings) this.#finding(found, names)
    if (report.outcome === 'committed' && report.stallMs > this.#limits.stallMs) {
      const message = `the commit of ${names} held a participant for ${report.stallMs.toFixed(1)} ms`
      this.#alert(
        'stall',
        names,
        message,
        'See the phases in the report: a long migrate or verify can be made shorter.',
      )
    }
  }

  /** Called now and then with what the process uses. */
  memory(bytes: number): void {
    if (bytes <= this.#limits.memoryBytes) return
    const [used, limit] = [bytes, this.#limits.memoryBytes].map((each) => Math.round(each / 1024 ** 2))
    const message = `the process holds ${used} MB, more than ${limit} MB`
    this.#alert('memory', 'process', message, 'Keep fewer backups, or give the process more memory.')
  }

  standstill(participant: string): void {
    const message = `${participant} has not called tick() for a second`
    this.#alert(
      'standstill',
      participant,
      message,
      'Look at what its loop waits for; a loop that rests calls pause().',
    )
  }

  controlLost(): void {
    this.#alert(
      'control-lost',
      'control',
      'the control thread has ended',
      'Restart the engine when it suits: nothing can be swapped until then.',
    )
  }

  #rolledBack(units: readonly string[], names: string, cause: Finding | undefined): void {
    this.#alert(
      'rollback',
      names,
      `${names} was rolled back: ${cause?.message ?? 'see the report'}`,
      cause?.advice ?? '',
    )
    for (const unit of units) {
      const since = this.#now() - FLAPPING_MS
      const recent = [...(this.#rollbacks.get(unit) ?? []), this.#now()].filter((at) => at > since)
      this.#rollbacks.set(unit, recent)
      if (recent.length < FLAPS) continue
      const message = `${unit} was rolled back ${recent.length} times in ten minutes`
      this.#alert('flapping', unit, message, 'Stop saving new versions of it until the cause is found.')
    }
  }

  #finding({ code, message, participant }: Finding, names: string): void {
    if (code === 'TICKSWAP_E_STRAGGLER') this.#alert('straggler', participant ?? names, message, ADVICE[code])
    if (code === 'TICKSWAP_E_QUARANTINED') this.#alert('quarantine', names, message, ADVICE[code])
  }

  #alert(rule: Rule, subject: string, message: string, advice: string): void {
    const at = this.#now()
    for (const [key, last] of this.#lastRaised) if (at - last >= QUIET_MS) this.#lastRaised.delete(key)
    const key = `${rule}\0${subject}`
    if (this.#lastRaised.has(key)) return
    this.#lastRaised.set(key, at)
    this.#raise({ rule, severity: RULES[rule], message, advice, subject, at })
  }
}
