/** A TypeScript module of about 10 KB, as a simulation has them; `version` is what advance0 gives. */
export function moduleOf(version, bytes = 10_000) {
  let text = `import { clamp, type Vec } from './other.ts'
import * as geo from './other.ts'

export interface Car { id: number; speed: number; lane: number; route: readonly string[] }
export let count = 0
export function advance0(_: number): number { return ${version} }
`.replace('clamp, type Vec', 'clamp')
  for (let i = 1; text.length < bytes; i++) {
    text += `
/** Moves car number ${i} along its lane. */
export function advance${i}(car: Car, dt: number, options: { limit?: number } = {}): number {
  const limit = options.limit ?? ${10 + i}
  let next: number = car.speed + dt * geo.slope() * 0.${i}
  if (next > limit) next = clamp(next as number)
  for (const stop of car.route) {
    if (stop.startsWith('depot-${i}')) next *= 0.5
    else if (!stop) continue
  }
  car.speed = next
  count++
  return next
}
`
  }
  return text
}
