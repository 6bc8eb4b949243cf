/** How often a unit may be rolled back, and in which time. */
export interface FlapLimit {
  readonly times: number
  readonly withinMs: number
}

/** Counts rollbacks: a unit that goes back and forth is left alone for a while. */
export class Flapping {
  readonly #limit: FlapLimit
  readonly #rolledBack = new Map<string, number[]>()

  constructor(limit: FlapLimit) {
    this.#limit = limit
  }

  add(units: readonly string[], now: number): void {
    for (const unit of units) this.#rolledBack.set(unit, [...this.#recent(unit, now), now])
  }

  /** Milliseconds for which one of the units is left alone. */
  wait(units: readonly string[], now: number): { readonly unit: string; readonly ms: number } | undefined {
    const { times, withinMs } = this.#limit
    for (const unit of units) {
      const recent = this.#recent(unit, now)
      if (recent.length >= times) return { unit, ms: Math.ceil(recent.at(-times)! + withinMs - now) }
    }
    return undefined
  }

  lift(unit: string): void {
    this.#rolledBack.delete(unit)
  }

  #recent(unit: string, now: number): number[] {
    return (this.#rolledBack.get(unit) ?? []).filter((at) => now - at < this.#limit.withinMs)
  }
}
