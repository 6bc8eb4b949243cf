import type { QuarantineEntry } from '../swap/protocol.ts'

/** Combinations that are remembered; the oldest go. */
const LIMIT = 1024

interface Failed extends QuarantineEntry {
  /** hash of the content, by the unit's file */
  readonly contents: ReadonlyMap<string, string>
}

/**
 * Contents that failed. Units that failed together are held as one combination, since nobody
 * can tell for sure which of them was to blame: each may be tried again with other content
 * of the others, and all of them when one has changed.
 */
export class Quarantine {
  #failed: Failed[] = []

  add(
    units: readonly { unit: string; file: string; hash: string; version: string }[],
    reason: string,
    swap: number,
  ): void {
    const contents = new Map(units.map(({ file, hash }) => [file, hash]))
    this.#failed.push({ units, reason, swap, at: Date.now(), contents })
    if (this.#failed.length > LIMIT) this.#failed.shift()
  }

  /**
   * The file and the reason when a swap of `files` would bring a combination that failed.
   * `after` gives the hash of a unit's content as it would be after that swap.
   */
  find(
    files: readonly string[],
    after: (file: string) => string,
  ): { readonly file: string; readonly reason: string } | undefined {
    for (const { contents, reason } of this.#failed) {
      const file = files.find((each) => contents.has(each))
      if (file && [...contents].every(([each, hash]) => after(each) === hash)) return { file, reason }
    }
    return undefined
  }

  list(): QuarantineEntry[] {
    return this.#failed.map(({ units, reason, swap, at }) => ({ units, reason, swap, at }))
  }

  /** Lets a unit, or one content by its hash, be tried again. @returns how many combinations were lifted */
  lift(unitOrHash: string): number {
    const before = this.#failed.length
    const names = ({ units }: Failed) =>
      units.some(({ unit, hash }) => unit === unitOrHash || hash === unitOrHash)
    this.#failed = this.#failed.filter((failed) => !names(failed))
    return before - this.#failed.length
  }
}
