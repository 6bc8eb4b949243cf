import type { RuntimeOptions, SwapReport } from '../../dist/index.js'
import type { Fleet } from '../support/fleet.ts'
import { openFleet } from '../support/opened-fleet.ts'
import type { Scratch } from '../support/scratch.ts'

export interface MillOptions {
  version?: string
  /** what a step mixes in: versions differ by it */
  factor?: number
  /** more columns */
  columns?: string
  /** more of defineUnit */
  unit?: string
  imports?: string
  body?: string
  /** more of a step */
  step?: string
}

/**
 * A unit whose state depends on every call and on their order: each participant grinds its own rows, and `gather` mixes
 * all of them. Any call that is lost, made twice or made out of order shows.
 */
export const mill = (options: MillOptions = {}): string => {
  const { version = '1.0.0', factor = 1, columns = '', imports = '', body = '', step = '' } = options
  const { unit = 'deterministic: true,' } = options
  return `import { defineUnit, f64, u32 } from 'tickswap/module'
${imports}
export const unit = defineUnit({
  version: '${version}',
  state: {
    columns: { rows: f64(512), steps: u32(16), total: f64(1), own: f64(8, { scope: 'participant' }), ${columns} },
    soft: () => ({ sum: 0 }),
  },
  ${unit}
})
${body}
export function step(dt: number, worker: number): void {
  const { rows, steps, own } = unit.state.columns
  const row = worker + 1
  steps[row]!++
  own[0] = (own[0]! * 5 + steps[row]!) % 1009
  unit.state.soft.sum = (unit.state.soft.sum * 3 + own[0]! * ${factor}) % 997
  for (let i = row * 32; i < row * 32 + 32; i++) rows[i] = (rows[i]! * 1.7 + own[0]! * ${factor} + i) % 1000
  ${step}
}
export function gather(turn: { readonly at: number; readonly more: readonly number[] }): void {
  const { rows, total } = unit.state.columns
  let all = total[0]!
  for (const value of rows) all = (all * 1.3 + value * ${factor}) % 10007
  total[0] = (all + turn.at + turn.more.length) % 10007
  rows[turn.at % 512] = (rows[turn.at % 512]! + all) % 1000
}
`
}

/** An engine that steps in every participant and then, when all are done, gathers in the main thread. */
export class Mill {
  readonly scratch: Scratch
  readonly fleet: Fleet
  /** units whose `step` the main thread calls as well, in every turn */
  readonly beside: Fleet['handle'][] = []
  /** one object for the arguments of all turns, as engines have it */
  readonly #turn = { at: 0, more: [1, 2, 3] }

  private constructor(scratch: Scratch, fleet: Fleet) {
    this.scratch = scratch
    this.fleet = fleet
  }

  static async start(
    files: Record<string, string>,
    workers: number,
    runtime: Partial<RuntimeOptions> = {},
    at?: Scratch,
  ): Promise<Mill> {
    // An engine without a clock makes hundreds of turns while a swap is prepared.
    const log = { ticks: 100_000, bytes: 2 ** 28, ms: 5000 }
    const options = { watch: false, probation: { ticks: 8 }, rollback: { log }, ...runtime }
    const { scratch, fleet } = await openFleet(files, { unit: 'mill', workers, runtime: options }, at)
    return new Mill(scratch, fleet)
  }

  async turn(): Promise<void> {
    await this.fleet.step()
    this.#turn.at = this.fleet.frame
    this.fleet.handle.exports.gather?.(this.#turn)
    for (const { exports } of this.beside) exports.step?.()
  }

  async turns(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.turn()
  }

  /** Turns until the promise is settled. */
  async during<T>(promise: Promise<T>): Promise<T> {
    let isOver = false
    const over = () => {
      isOver = true
    }
    promise.then(over, over)
    const end = performance.now() + 20_000
    while (!isOver && performance.now() < end) await this.turn()
    return promise
  }

  async report(outcome: SwapReport['outcome'], since: number): Promise<SwapReport> {
    const find = () => this.fleet.reports.slice(since).find((report) => report.outcome === outcome)
    const end = performance.now() + 20_000
    while (!find() && performance.now() < end) await this.turn()
    const report = find()
    if (report) return report
    throw new Error(`no report is ${outcome}: ${JSON.stringify(this.fleet.reports.slice(since), null, 1)}`)
  }

  /** Saves a version and turns until it has passed its probation, or another outcome has come. */
  async edit(text: string, outcome: SwapReport['outcome'] = 'permanent', unit = 'mill'): Promise<SwapReport> {
    const since = this.fleet.reports.length
    await this.scratch.write(`${unit}.ts`, text)
    void this.fleet.runtime.swap(unit)
    return this.report(outcome, since)
  }

  /** Goes back by hand, and lets the probation of that pass. */
  async back(options: Parameters<Fleet['runtime']['rollback']>[1], unit = 'mill'): Promise<SwapReport> {
    const since = this.fleet.reports.length
    const report = await this.during(this.fleet.runtime.rollback(unit, options))
    if (['committed', 'permanent'].includes(report.outcome)) await this.report('permanent', since)
    return report
  }

  /** All that the main thread sees of a unit's state. */
  state(unit = 'mill'): Record<string, unknown> {
    const { columns, soft } = this.fleet.runtime.use(unit).state
    const values = Object.entries(columns as Record<string, Float64Array>).map(([name, all]) => [
      name,
      [...all],
    ])
    return { ...Object.fromEntries(values), soft: { ...soft } }
  }

  /** The state that the same engine has when nothing was ever swapped. */
  async without(
    files: Record<string, string>,
    workers: number,
    unit = 'mill',
  ): Promise<Record<string, unknown>> {
    const other = await Mill.start(files, workers)
    await other.turns(this.fleet.frame - other.fleet.frame)
    return other.state(unit)
  }
}
