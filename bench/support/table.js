import { shortfall } from './judge.js'

const COLUMNS = [
  ['name', 34],
  ['median', 11],
  ['p99', 11],
  ['n', 8],
  ['peer', 30],
  ['its median', 11],
  ['ratio', 9],
  ['target, verdict', 0],
]

const row = (cells) =>
  cells
    .map((cell, i) => String(cell).padEnd(COLUMNS[i][1]))
    .join(' ')
    .trimEnd()

export const heading = () => row(COLUMNS.map(([title]) => title))

/** A figure with three digits that count, and its unit. */
export function figure(value, unit) {
  if (value === undefined) return '-'
  const digits = Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
  return unit ? `${digits} ${unit}` : digits
}

/** One result: a line for the whole, and one for each of its parts. */
export function line(result) {
  if (result.error) return `${row([result.name])} FAILED: ${result.error}`
  if (result.skipped) return `${row([result.name])} SKIPPED: ${result.skipped}`
  const lines = [measured(result, result.unit, result.name, verdicts(result)[0])]
  for (const verdict of verdicts(result).slice(1)) lines.push(row(['', '', '', '', '', '', '', verdict]))
  for (const part of result.parts ?? [])
    lines.push(measured(part, part.unit ?? result.unit, `  ${part.name}`, ''))
  return lines.join('\n')
}

function measured({ median, p99, n, peer, ratio, others = [] }, unit, name, verdict) {
  const own = [name, figure(median, unit), figure(p99, unit), n]
  const beside = peer ? [peer.name, figure(peer.median, unit), figure(ratio)] : ['-', '-', '-']
  const more = others.map((other) =>
    row(['', '', '', '', other.name, figure(other.median, unit), figure(median / other.median)]),
  )
  return [row([...own, ...beside, verdict]), ...more].join('\n')
}

const verdicts = ({ targets }) =>
  targets.length === 0
    ? ['no target']
    : targets.map((target) =>
        target.reached ? `${target.text}: reached` : `${target.text}: short by ${shortfall(target)}`,
      )

/** What the benchmarks have to say beside their figures. */
export const remarks = (results) =>
  results.flatMap(({ name, remarks: said = [] }) => said.map((remark) => `${name}: ${remark}`))
