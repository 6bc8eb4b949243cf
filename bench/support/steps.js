import { PERIOD_MS } from './clock.js'

/** Ticks after a change that are looked at, and those by which one knows what a tick takes when all is warm. */
export const AFTER = 60
const STEADY_FROM = 140
export const LOOKED_AT = 220

/** Runs `turn` at 240 Hz, `times` times or until it returns false; waits by sleeping. */
export async function paced(turn, times = Number.POSITIVE_INFINITY) {
  let next = performance.now()
  for (let i = 0; i < times; i++) {
    if (turn() === false) return
    next = Math.max(next + PERIOD_MS, performance.now() - PERIOD_MS)
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())))
  }
}

/** The times of one participant's steps since an edit came. */
export class Steps {
  /** edit to milliseconds, tick by tick */
  byEdit = new Map()

  turn(step) {
    const from = performance.now()
    const edit = step(1 / 60, 0)
    const ms = performance.now() - from
    const times = this.byEdit.get(edit) ?? []
    this.byEdit.set(edit, times)
    if (times.length < LOOKED_AT) times.push(ms)
  }

  isComplete(edit) {
    return this.byEdit.get(edit)?.length === LOOKED_AT
  }
}

/** What the first ticks took beyond the steady one: the sum in ms, and the worst as a multiple of it. */
export function excess(times) {
  const steadies = times.slice(STEADY_FROM).sort((a, b) => a - b)
  const steady = steadies[steadies.length >> 1]
  const first = times.slice(0, AFTER)
  return { sum: first.reduce((sum, ms) => sum + ms - steady, 0), worst: Math.max(...first) / steady, steady }
}
