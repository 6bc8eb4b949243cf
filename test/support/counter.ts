/** Sources of a small unit, as edits of it. */
export interface CounterOptions {
  version?: string
  /** added to `total` by every step */
  by?: number | string
  body?: string
  step?: string
  columns?: string
  unit?: string
  imports?: string
}

/** A unit that counts the steps of each participant: row 0 is the main thread's, row i + 1 worker i's. */
export function counter({
  version = '1.0.0',
  by = 1,
  body = '',
  step = '',
  columns = '',
  unit = '',
  imports = '',
}: CounterOptions = {}): string {
  return `import { defineUnit, f32, u32 } from 'tickswap/module'
${imports}
export const unit = defineUnit({
  version: '${version}',
  state: { columns: { total: f32(64), steps: u32(64), ${columns} }, soft: () => ({ calls: 0 }) },
  ${unit}
})
${body}
export function step(dt: number, worker: number): void {
  const { total, steps } = unit.state.columns
  total[worker + 1]! += ${by}
  steps[worker + 1]!++
  unit.state.soft.calls++
  ${step}
}
export const label = (): string => 'v${version} by ${by}'
`
}
