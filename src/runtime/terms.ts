import { oneOf } from '../control/option-values.ts'
import { STRATEGIES } from '../control/options.ts'
import type { QuarantineEntry, SwapTerms } from '../swap/protocol.ts'

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
export function termsOf({ strategy, deadlines }: SwapOptions): SwapTerms {
  if (strategy !== undefined) oneOf('strategy', strategy, STRATEGIES)
  return { ...(strategy && { strategy }), ...(deadlines && { deadlines: { ...deadlines } }) }
}
