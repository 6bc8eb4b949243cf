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

const KEYS = ['strategy', 'signal', 'deadlines', 'retries']

/** @param more names of options besides those of every swap @throws TickswapError OPTION */
export function termsOf(options: SwapOptions, more: readonly string[] = []): SwapTerms {
  checkNames(options, [...KEYS, ...more])
  const { strategy, signal, deadlines, retries } = options
  // What is none would throw later, in the middle of something else.
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw bad('signal must be an AbortSignal')
  if (strategy !== undefined) oneOf('strategy', strategy, STRATEGIES)
  return {
    ...(strategy && { strategy }),
    ...(deadlines !== undefined && { deadlines: deadlinesOf(deadlines) }),
    ...(retries !== undefined && { retries: integer('retries', retries, 0, MOST_RETRIES) }),
  }
}

function checkNames(options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw bad(`the options of a swap are ${String(options)}`)
  for (const key of Object.keys(options))
    if (!known.includes(key)) throw bad(`there is no option ${key}; there are: ${known.join(', ')}`)
}

/** What `swap` was called with. @throws TickswapError OPTION */
export function wishOf(args: readonly unknown[]): { units: string[]; options: SwapOptions } {
  const last = args.at(-1)
  const units = typeof last === 'string' ? args : args.slice(0, -1)
  if (units.some((unit) => typeof unit !== 'string')) throw bad('swap takes the names of units, one by one')
  return {
    units: units as string[],
    options: (typeof last === 'string' || last === undefined ? {} : last) as SwapOptions,
  }
}

function deadlinesOf(given: SwapDeadlines): SwapDeadlines {
  if (typeof given !== 'object' || given === null)
    throw bad(`deadlines is ${String(given)}; an object is needed`)
  for (const [name, ms] of Object.entries(given)) {
    if (!DEADLINES.includes(name)) throw bad(`there is no deadline ${name} of one swap`)
    if (ms !== undefined) integer(`deadlines.${name}`, ms, 1, DAY_MS)
  }
  return { ...given }
}
