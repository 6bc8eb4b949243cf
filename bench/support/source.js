/** Sources of the modules that are measured: generated, the same on every machine and in every run. */

/** A small deterministic generator, so that names and numbers vary as they do in real code. */
function numbers(seed) {
  let state = seed >>> 0
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

const SUBJECTS = ['lane', 'signal', 'queue', 'route', 'district', 'vehicle', 'junction', 'corridor']
const VERBS = ['Advance', 'Weigh', 'Balance', 'Collect', 'Settle', 'Forecast']

const capital = (word) => word[0].toUpperCase() + word.slice(1)

/** One group of declarations as a simulation module has them: a type, a table, functions, a class. */
function family(subject, index, random) {
  const type = `${capital(subject)}${index}`
  const name = `${subject}${index}`
  const verb = VERBS[random(VERBS.length)]
  return `
/** What is known of a ${subject} between two ticks. */
export interface ${type} {
  readonly id: number
  length: number
  load: number
  limit?: number
  neighbours: readonly number[]
}

type ${type}Weights = Readonly<Record<'near' | 'far' | 'idle', number>>

const ${name}Weights: ${type}Weights = { near: ${random(90) / 10}, far: ${random(90) / 10}, idle: ${random(9) / 10} }

function ${name}${verb}(entry: ${type}, dt: number): number {
  const share = entry.limit === undefined ? 1 : Math.min(1, entry.load / entry.limit)
  const pull = share * ${name}Weights.near + (1 - share) * ${name}Weights.far
  if (pull < ${random(40) / 10}) return entry.load * (1 - dt * ${name}Weights.idle)
  for (const neighbour of entry.neighbours) entry.load += (neighbour % ${2 + random(7)}) * dt
  return entry.load + pull * dt
}

class ${type}Book<T extends ${type} = ${type}> {
  readonly entries = new Map<number, T>()
  #revision = ${random(100)}
  add(entry: T): this {
    this.entries.set(entry.id, entry)
    this.#revision++
    return this
  }
  settle(dt: number): number {
    let total = 0
    for (const entry of this.entries.values()) total += ${name}${verb}(entry, dt)
    return total / (1 + (this.#revision % ${3 + random(9)}))
  }
}

const ${name}Book = new ${type}Book()
  .add({ id: 1, length: ${20 + random(200)}, load: ${random(20)}, limit: ${30 + random(30)}, neighbours: [2, 3, 5] })
  .add({ id: 2, length: ${20 + random(200)}, load: ${random(20)}, neighbours: [1, ${3 + random(9)}] })
`
}

const HEAD = {
  plain: '',
  unit: `import { defineUnit, f32 } from 'tickswap/module'

export const unit = defineUnit({
  version: '1.0.0',
  state: { columns: { load: f32(1024) } },
})
`,
}

/**
 * A TypeScript module of at least `bytes` bytes. `edit` is the number that its \`mark\` shows
 * and \`step\` returns: the one thing that differs from edit to edit.
 */
export function moduleSource({ edit, bytes = 10 * 1024, kind = 'plain', seed = 7 }) {
  const random = numbers(seed)
  const books = []
  let body = ''
  for (let index = 0; body.length < bytes - HEAD[kind].length - 400; index++) {
    const subject = SUBJECTS[random(SUBJECTS.length)]
    books.push(`${subject}${index}Book`)
    body += family(subject, index, random)
  }
  return `${HEAD[kind]}
export const mark: number = ${edit}
${body}
let elapsed = 0

/** One tick of everything above. */
export function step(dt: number): number {
  elapsed += dt
  const total = ${books.map((book) => `${book}.settle(dt)`).join(' + ')}
  return Number.isFinite(total) && elapsed >= 0 ? mark : -1
}
`
}

/**
 * A unit with `columns`: a map from name to declaration. `step` returns the edit that runs.
 * `extra` goes into the definition, `body` into the step.
 */
export function unitSource({ edit, version = '1.0.0', columns = {}, extra = '', body = '', head = '' }) {
  const declared = Object.entries(columns).map(([name, column]) => `${name}: ${column}`)
  return `import { defineUnit, f32, u32 } from 'tickswap/module'

export const unit = defineUnit({
  version: '${version}',
  state: { columns: { ticks: u32(64), ${declared.join(', ')} } },
  ${extra}
})
${head}
export function step(dt: number, row: number): number {
  const { ticks } = unit.state.columns
  ticks[row]!++
  ${body}
  return dt > 0 ? ${edit} : -1
}
`
}

/** Float columns of `entities` rows each, 1 MB in all when there are 26 of 10,000. */
export const floatColumns = (count, entities) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, `f32(${entities})`]))
