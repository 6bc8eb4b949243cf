import { bad, integer, oneOf } from '../control/option-values.ts'
import { STRATEGIES } from '../control/options.ts'
import type { QuarantineEntry, SwapDeadlines, SwapTerms } from '../swap/protocol.ts'

const DEADLINES: readonly string[] = [
  ...['queueMs', 'stageMs', 'checkMs', 'prepareMs', 'parkMs', 'confirmMs'],
]
const DAY_MS = 86_400_000
const MOST_RETRIES = 8

/** How a swap is gone about. */
export interface SwapOptions extends SwapTerms {
  /** Cancels the swap as long as it is not committed; its report then says TICKSWAP_E_CANCELLED. */
  readonly signal?: AbortSignal
}

/** Contents that failed and are not tried again by themselves. */
export interface Quarantine {
  list(): Promise<QuarantineEntry[]>
  /** Lets a unit, or one content by its hash, be tried again. Resolves to how many combinations that freed. */
  lift(unitOrHash: string): Promise<number>
}

/** @throws TickswapError OPTION */
export function termsOf({ strategy, deadlines, retries }: SwapOptions): SwapTerms {
  if (strategy !== undefined) oneOf('strategy', strategy, STRATEGIES)
  return {
    ...(strategy && { strategy }),
    ...(deadlines && { deadlines: deadlinesOf(deadlines) }),
    ...(retries !== undefined && { retries: integer('retries', retries, 0, MOST_RETRIES) }),
  }
}

function deadlinesOf(given: SwapDeadlines): SwapDeadlines {
  for (const [name, ms] of Object.entries(given)) {
    if (!DEADLINES.includes(name)) throw bad(`there is no deadline ${name} of one swap`)
    if (ms !== undefined) integer(`deadlines.${name}`, ms, 1, DAY_MS)
  }
  return { ...given }
}
