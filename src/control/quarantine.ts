/** Combinations that are remembered; the oldest go. */
const LIMIT = 1024

interface Failed {
  /** hash of the content, by the unit's file */
  readonly contents: ReadonlyMap<string, string>
  readonly reason: string
}

/**
 * Contents that failed. Units that failed together are held as one combination, since nobody
 * can tell for sure which of them was to blame: each may be tried again with other content
 * of the others, and all of them when one has changed.
 */
export class Quarantine {
  readonly #failed: Failed[] = []

  add(contents: ReadonlyMap<string, string>, reason: string): void {
    this.#failed.push({ contents, reason })
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
}
