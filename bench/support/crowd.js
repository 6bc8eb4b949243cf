/** A unit of many functions, each of which runs once in a tick, as a file of a simulation grows to have them. */
export const FUNCTIONS = 300

const one = (index) => `
function weigh${index}(row: { a: number; b: number }): number {
  return row.a > row.b ? row.a * ${index % 7} : row.b
}
function settle${index}(x: number, dt: number): number {
  const row = { a: x, b: dt * ${index} }
  let sum = 0
  for (let turn = 0; turn < 4; turn++) {
    sum += row.a * turn + row.b
    unit.state.columns.load[(turn + ${index}) & 1023] += sum * 1e-6
  }
  return sum > 1e9 ? weigh${index}({ a: sum, b: x }) : sum + weigh${index}(row)
}
`

const body = Array.from({ length: FUNCTIONS / 2 }, (_, index) => one(index)).join('')
const calls = Array.from({ length: FUNCTIONS / 2 }, (_, index) => `settle${index}(${index}, dt)`)
const chunks = Array.from({ length: calls.length / 10 }, (_, at) =>
  calls.slice(at * 10, at * 10 + 10).join(' + '),
)

/** `step` runs all of them and returns the edit. `extra` goes into the definition. */
export const crowdSource = (edit, extra = '') => `import { defineUnit, f32 } from 'tickswap/module'

export const unit = defineUnit({
  version: '1.0.0',
  state: { columns: { load: f32(1024) } },
  ${extra}
})
${body}
export function step(dt: number, row: number): number {
  let total = 0
${chunks.map((chunk) => `  total += ${chunk}`).join('\n')}
  return total > -1e30 && row >= 0 ? ${edit} : -1
}
`

/** A rehearsal that steps it, as its author would write it. */
export const REHEARSE = 'rehearse: () => { step(1 / 60, 0) },'
