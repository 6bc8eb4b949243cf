import type { Finding } from '../errors.ts'
import type { Outcome } from '../swap/report.ts'

/** Ends a swap early, with what there is to say. */
export class Stop extends Error {
  readonly outcome: Outcome
  readonly findings: readonly Finding[]

  constructor(outcome: Outcome, findings: readonly Finding[]) {
    super(outcome)
    this.outcome = outcome
    this.findings = findings
  }
}
