/**
 * What a result is held against. A target is `{ text, value(result), limit, gate? }`: reached
 * when the value is at most the limit. With `gate` a value above it fails the gate: `true` is
 * the limit itself; a number is what is held today where the target is not reached yet, and
 * may only ever be made smaller. Only ratios and exact counts may be gates.
 */

export const isGated = ({ targets }) => targets.some(({ gate }) => gate !== undefined)

/** The result of a benchmark with its targets beside what was reached. */
export function judge(bench, outcome) {
  const { name, unit } = bench
  if (outcome.error) return { name, unit, error: outcome.error, targets: [] }
  if (outcome.skipped) return { name, unit, skipped: outcome.skipped, targets: [] }
  const targets = bench.targets.map(({ text, value, limit, gate = Number.POSITIVE_INFINITY }) => {
    const reached = value(outcome)
    const gateLimit = gate === true ? limit : gate
    return { text, value: reached, limit, gate: gateLimit, reached: reached <= limit }
  })
  return { name, unit, ...outcome, targets }
}

export const passesGate = ({ error, targets }) => !error && targets.every(({ gate, value }) => value <= gate)

/** Of two attempts the one that passes, or the later. */
export const better = (later, earlier) => (passesGate(later) || !passesGate(earlier) ? later : earlier)

/** How far a target is missed: a factor, or the count where none is allowed. */
export const shortfall = ({ value, limit }) =>
  limit === 0 ? `${roundUp(value)}` : `${roundUp(value / limit)}x`

/** Up, so that a narrow miss does not read as none. */
const roundUp = (value) => Math.ceil(value * 100) / 100
