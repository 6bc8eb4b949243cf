import { type Finding, finding } from '../errors.ts'
import type { Phase } from '../swap/report.ts'
import { Stop } from './stop.ts'

/**
 * How long one phase of a swap may take in the control thread. What blocks the thread cannot be interrupted from
 * within: it looks at the clock between two steps.
 */
export class Deadline {
  readonly #phase: Phase
  readonly #ms: number
  readonly #from = performance.now()

  constructor(phase: Phase, ms: number) {
    this.#phase = phase
    this.#ms = ms
  }

  get leftMs(): number {
    return this.#from + this.#ms - performance.now()
  }

  /** @throws Stop once the time is up. `doing`: what comes next, in words */
  readonly check = (doing: string): void => {
    if (this.leftMs < 0) throw this.#over(doing)
  }

  /** Waits for `work` as long as there is time. @throws Stop, and what the work throws */
  async wait<T>(work: Promise<T>, doing: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#over(doing)), Math.max(0, this.leftMs))
    })
    try {
      return await Promise.race([work, late])
    } finally {
      clearTimeout(timer)
    }
  }

  #over(doing: string): Stop {
    return new Stop('refused', [timeout(this.#phase, performance.now() - this.#from, this.#ms, doing)])
  }
}

/** @param ageMs how long it has taken by now @param ms how long it may take */
export function timeout(phase: Phase, ageMs: number, ms: number, doing: string): Finding {
  const option = { detect: 'queueMs', stage: 'stageMs', check: 'checkMs' }[phase as string] ?? `${phase}Ms`
  const message = `${phase} has taken ${Math.round(ageMs)} ms, and deadlines.${option} is ${ms}; at the time: ${doing}`
  return finding('TICKSWAP_E_PHASE_TIMEOUT', message)
}
