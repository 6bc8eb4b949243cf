import { TickswapError } from '../errors.ts'

/** A number of a range. @throws TickswapError OPTION that names the option */
export function within(name: string, value: unknown, low: number, high: number): number {
  if (typeof value === 'number' && value >= low && value <= high) return value
  throw bad(`${name} is ${String(value)}; ${low} to ${high} is possible`)
}

/** A whole number of a range. @throws TickswapError OPTION that names the option */
export function integer(name: string, value: unknown, low: number, high: number): number {
  if (Number.isInteger(value)) return within(name, value, low, high)
  throw bad(`${name} is ${String(value)}; a whole number is needed`)
}

export const bad = (message: string) => new TickswapError('TICKSWAP_E_OPTION', message)

/** @throws TickswapError OPTION */
export function oneOf<T extends string>(name: string, value: unknown, all: readonly T[]): T {
  if (all.includes(value as T)) return value as T
  throw bad(`${name} is ${String(value)}; ${all.join(', ')} are possible`)
}
