import { defineUnit, f64 } from 'tickswap/module'

const RATE = 1

export const unit = defineUnit({
  version: '1.0.0',
  state: { columns: { seconds: f64(1) } },
})

export const seconds = (): number => unit.state.columns.seconds[0]!

export function step(dt: number): void {
  unit.state.columns.seconds[0]! += dt * RATE
}
