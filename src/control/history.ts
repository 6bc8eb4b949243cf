import type { HistoryEntry } from '../swap/protocol.ts'
import type { SwapReport } from '../swap/report.ts'
import { Version } from '../version/version.ts'

const LIMIT = 4096

/** What happened to every unit, oldest first. Bounded: the oldest entries go. */
export class History {
  readonly entries: HistoryEntry[] = []

  boot(unit: string, version: Version, hash: string, at: number): void {
    this.entries.push({ unit, version: version.toString(), hash, at, outcome: 'boot', swap: 0, codes: [] })
  }

  /** Adds one entry per unit of the report, and gives them. */
  record(report: SwapReport): HistoryEntry[] {
    const codes = report.findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)
    const { outcome, id: swap } = report
    const added = report.units.map(({ unit, to: version, hash }) => {
      return { unit, version, hash, at: Date.now(), outcome, swap, codes }
    })
    this.entries.push(...added)
    this.entries.splice(0, this.entries.length - LIMIT)
    return added
  }

  /** Every version of a unit that was given out, live or not. */
  versions(unit: string): Version[] {
    return this.entries.filter((entry) => entry.unit === unit).map(({ version }) => Version.parse(version))
  }
}
