import type { Ask } from './ask.ts'

/** Calls of `import.meta.hot.invalidate`: every participant makes its own, and one swap answers all of them. */
export class Invalidations {
  /** module to the last swap after which it was answered */
  readonly #answered = new Map<string, number>()

  /** @param swap that the participant had followed last; @returns undefined when this is being seen to */
  ask(id: string, swap: number): Ask | undefined {
    if ((this.#answered.get(id) ?? -1) >= swap) return undefined
    this.#answered.set(id, swap)
    const at = performance.timeOrigin + performance.now()
    return { trigger: 'edit', files: [id], removed: [], empty: [], invalidated: [id], at }
  }
}
