import Table from 'cli-table3'
import type { Result } from './play.ts'

const HEAD = ['', 'edit', 'what the runtime did', 'write to live', 'worst stall', 'lost', 'mixed', '']

/** The table at the end: each step, what came of it, and whether it should have. */
export function tableOf(results: readonly Result[]): string {
  const table = new Table({
    head: HEAD,
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'left'],
  })
  for (const { step, seen, writeToLiveMs, problems } of results)
    table.push([
      step.letter,
      step.title,
      deed(seen),
      ms(writeToLiveMs),
      ms(seen.after.worstTickMs),
      seen.after.lost - seen.before.lost,
      seen.after.mixed - seen.before.mixed,
      problems.length === 0 ? '✔' : '✘',
    ])
  return table.toString()
}

/** The outcome, where it went, and the code that says why. */
function deed({ report }: Result['seen']): string {
  if (!report) return 'nothing'
  const moves = report.units.map(({ unit, from, to }) =>
    report.outcome === 'permanent' ? `${unit} ${from} → ${to}` : `${unit} ${from} runs on`,
  )
  const code = report.findings.find(({ severity }) => severity === 'error')?.code
  return [`${report.outcome}${code ? `, ${code}` : ''}`, ...moves].join('\n')
}

const ms = (value: number | undefined): string => (value === undefined ? '–' : `${value.toFixed(1)} ms`)
