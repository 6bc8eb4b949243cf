import type { Phase, Retried, SwapReport } from '../swap/report.ts'
import type { Ask } from './ask.ts'
import type { Request, Waiting } from './queue.ts'

/** What a missing participant stopped is tried again after this, then after twice as long, and so on. */
const RETRY_MS = 250
const LONGEST_RETRY_MS = 8000

/** Whether nothing but a missing participant kept a swap from its commit. */
export const isAbsence = ({ outcome, findings }: SwapReport): boolean =>
  outcome !== 'committed' && findings.some(({ code }) => code === 'TICKSWAP_E_STRAGGLER')

/** What is to be done later, as long as the runtime is open. */
export class Retries {
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #postponed = new Map<string, Request>()

  /** Tries an edit again that it was too early for, or that only a participant's absence stopped. */
  again(ask: Ask, report: SwapReport, enqueue: (again: Waiting) => void): void {
    const { wait, retried } = next(ask, report)
    this.after(wait, () => enqueue({ ask: { ...ask, retried } }))
  }

  /** The same for a request that allows it. @returns whether there is another attempt */
  postpone(waiting: Waiting, ask: Ask, report: SwapReport, enqueue: (again: Request) => void): boolean {
    if (!('find' in waiting) || waiting.retries === 0 || !isAbsence(report)) return false
    const { wait, retried } = next(ask, report)
    const find = () => ({ ...waiting.find(), retried })
    this.#postponed.set(waiting.key, { ...waiting, retries: waiting.retries - 1, find })
    this.after(wait, () => {
      const again = this.takeKey(waiting.key)
      if (again) enqueue(again)
    })
    return true
  }

  /** Takes out a request that waits to be tried again. */
  takeKey(key: string): Request | undefined {
    const request = this.#postponed.get(key)
    this.#postponed.delete(key)
    return request
  }

  after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, ms)
    this.#timers.add(timer)
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }
}

function next({ retried }: Ask, { outcome, phases, findings }: SwapReport) {
  const attempts = retried?.attempts ?? 0
  const wait = Math.min(RETRY_MS * 2 ** attempts, LONGEST_RETRY_MS)
  const refusedIn: Phase = phases.prepare === undefined ? 'check' : 'prepare'
  const { phase, why } = retried ?? {
    phase: outcome === 'reversed' ? ('park' as const) : refusedIn,
    why: findings.find(({ severity }) => severity === 'error')?.message ?? outcome,
  }
  const waitedMs = (retried?.waitedMs ?? 0) + wait
  return { wait, retried: { phase, attempts: attempts + 1, waitedMs, why } satisfies Retried }
}
