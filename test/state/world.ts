/** Sources of a unit whose state is migrated: `steps` counts what each participant did, in every version. */
export interface WorldOptions {
  version: string
  columns: string
  migrate?: string
  /** more of defineUnit */
  unit?: string
  head?: string
  step?: string
}

export const world = ({
  version,
  columns,
  migrate,
  unit = '',
  head = '',
  step = '',
}: WorldOptions): string => `
import { defineUnit, f32, f64, i32, u8, u16, u32 } from 'tickswap/module'
${head}
export const unit = defineUnit({
  version: '${version}',
  state: { columns: { steps: u32(16), ${columns} }, soft: () => ({ calls: 0 }) },
  ${migrate === undefined ? '' : `migrate: { ${migrate} },`}
  ${unit}
})
export function step(dt: number, worker: number) {
  const { steps } = unit.state.columns
  steps[worker + 1]!++
  unit.state.soft.calls++
  ${step}
}
`

/** Fills a column with numbers that differ: for `init`. */
export const filled = (name: string, by = 1): string =>
  `init({ columns }) { const c = columns.${name}; for (let i = 0; i < c.length; i++) c[i] = (i % 200) * ${by} },`
