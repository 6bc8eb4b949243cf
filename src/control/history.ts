import type { HistoryEntry } from '../swap/protocol.ts'
import type { SwapReport } from '../swap/report.ts'
import { Version } from '../version/version.ts'

const LIMIT = 4096

/** What happened to every unit, oldest first. Bounded: the oldest entries go. */
export class History {
  readonly entries: HistoryEntry[] = []
  /** by unit and declared version, the one of the highest build: also of entries that are gone */
  readonly #latest = new Map<string, Map<string, Version>>()

  boot(unit: string, version: Version, hash: string, at: number): void {
    this.#give(unit, version)
    this.entries.push({ unit, version: version.toString(), hash, at, outcome: 'boot', swap: 0, codes: [] })
  }

  /** Adds one entry per unit of the report, and gives them. */
  record(report: SwapReport): HistoryEntry[] {
    const codes = report.findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)
    const { outcome, id: swap } = report
    const added = report.units.map(({ unit, to: version, hash }) => {
      this.#give(unit, Version.parse(version))
      return { unit, version, hash, at: Date.now(), outcome, swap, codes }
    })
    this.entries.push(...added)
    this.entries.splice(0, this.entries.length - LIMIT)
    return added
  }

  /** Of every version of a unit that was given out, live or not, the one of the highest build. */
  versions(unit: string): Version[] {
    return [...(this.#latest.get(unit)?.values() ?? [])]
  }

  #give(unit: string, version: Version): void {
    const latest = this.#latest.get(unit) ?? new Map<string, Version>()
    const { major, minor, patch, prerelease } = version
    const declared = `${major}.${minor}.${patch}-${prerelease.join('.')}`
    const known = latest.get(declared)
    if (!known || known.build < version.build) latest.set(declared, version)
    this.#latest.set(unit, latest)
  }
}
