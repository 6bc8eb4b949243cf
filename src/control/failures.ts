import { type ErrorCode, type Finding, finding } from '../errors.ts'
import type { SwapReport } from '../swap/report.ts'
import type { Barrier } from './barrier.ts'

/** A failure message and the board's word of the same failure travel apart; this much at most. */
const GRACE_MS = 100

/** What participants report about swaps, by id. */
export class Failures {
  readonly #barrier: Barrier
  readonly #found = new Map<number, Finding[]>()

  constructor(barrier: Barrier) {
    this.#barrier = barrier
  }

  add(id: number, found: Finding): void {
    this.#found.set(id, [...(this.#found.get(id) ?? []), found])
  }

  /** What is wrong with swap `id`; waits for a message that is still under way. */
  async of(id: number): Promise<readonly Finding[]> {
    await this.#barrier.until(() => this.#found.has(id), GRACE_MS)
    const unsaid = finding('TICKSWAP_E_INTERNAL', 'a participant failed without saying why')
    return this.#found.get(id) ?? [unsaid]
  }

  /** Forgets the swaps before `id`. */
  forget(id: number): void {
    for (const known of this.#found.keys()) if (known < id) this.#found.delete(known)
  }
}

/** What comes again as long as the content is the same, and takes long to find. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set([
  'TICKSWAP_E_QUARANTINED',
  'TICKSWAP_E_EVALUATE_TIMEOUT',
  'TICKSWAP_E_REHEARSAL_TIMEOUT',
  'TICKSWAP_E_REHEARSAL_MEMORY',
])

/** Whether an edit is not to be tried again with the next one. */
export const isHopeless = ({ code }: Finding): boolean => HOPELESS.has(code)

/** Files to try once more beside an edit: those that the refusal does not name; none when it names none of them. */
export function withoutBlamed(files: readonly string[], { findings }: SwapReport): string[] {
  const blamed = new Set(
    findings.flatMap(({ severity, file }) => (severity === 'error' && file ? [file] : [])),
  )
  const left = files.filter((file) => !blamed.has(file))
  return left.length < files.length ? left : []
}
