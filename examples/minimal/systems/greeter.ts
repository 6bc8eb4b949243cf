import { defineUnit } from 'tickswap/module'
import { seconds } from './clock.ts'

export const unit = defineUnit({
  version: '1.0.0',
  requires: { clock: '^1.0.0' },
  state: { soft: () => ({ greetings: 0 }) },
})

/** A greeting each second. */
export function step(): string | undefined {
  const { soft } = unit.state
  if (seconds() < soft.greetings + 1) return undefined
  soft.greetings++
  return `Hello number ${soft.greetings}`
}
