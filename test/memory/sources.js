/** TypeScript modules of about ten kilobytes, each version of them different. */
const FUNCTIONS = 60

const body = (version, functions = FUNCTIONS) =>
  Array.from(
    { length: functions },
    (_, i) => `
/** Moves car ${i} along its road, one step of the simulation at a time. */
function move${i}(car: Car, seconds: number): number {
  const wanted: number = car.speed + seconds * (car.limit - car.speed) * ${i + 1}
  return wanted > car.limit ? ${version} + ${i} : wanted
}`,
  ).join('\n')

const car = `interface Car { speed: number; limit: number; lane?: string }\n`

export const leaf = (version) => `${car}${body(version)}
export const version: number = ${version}
export let steps = 0
export function step(seconds: number): number {
  steps++
  return ${Array.from({ length: FUNCTIONS }, (_, i) => `move${i}({ speed: 1, limit: 2 }, seconds)`).join(' + ')}
}
`

export const main = `import { step, steps, version } from './leaf.ts'
export const run = (seconds: number): number => step(seconds) + steps
export const running = (): number => version
`

/** Module `index` of a graph: it imports the one before, calls it, and keeps a value of it. */
export const link = (
  index,
  version,
) => `${index > 0 ? `import { step as before, table as other } from './m${index - 1}.ts'` : ''}
${car}${body(version, 10)}
export const version = ${version}
export const table: number[] = ${index > 0 ? 'other.slice(0, 8).map((n) => n + 1)' : '[1, 2, 3]'}
export function step(seconds: number): number { return seconds + version + ${index > 0 ? 'before(seconds)' : '0'} }
`

export const unit = (version) => `import { defineUnit, f32 } from 'tickswap/module'
import { step as advance } from './leaf.ts'
export const unit = defineUnit({ version: '1.0.0', state: { columns: { cars: f32(1024) } } })
export const built = ${version}
export function step(seconds: number): number {
  unit.state.columns.cars[built % 1024]! += seconds
  return advance(seconds)
}
`
