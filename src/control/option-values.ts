import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
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

/** @throws TickswapError OPTION */
export function flag(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw bad(`${name} is ${String(value)}; true or false is needed`)
}

/** The absolute path that a path or the URL of a file means. @throws TickswapError OPTION */
export function pathOf(name: string, value: unknown, what: string): string {
  if (value === '' || (typeof value !== 'string' && !(value instanceof URL)))
    throw bad(`${name} must be the path of a ${what}`)
  try {
    return resolve(value instanceof URL || value.startsWith('file:') ? fileURLToPath(value) : value)
  } catch (cause) {
    throw bad(`${name} is ${value}, which is no path of a ${what}: ${(cause as Error).message}`)
  }
}

const LONGEST_NAME = 128

/** What reports call a participant. @throws TickswapError OPTION */
export function participantName(name: unknown): string {
  if (typeof name === 'string' && name !== '' && name.length <= LONGEST_NAME) return name
  throw bad(`name must be a text of 1 to ${LONGEST_NAME} characters`)
}
