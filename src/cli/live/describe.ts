import { PHASES, type SwapReport } from '../../swap/report.ts'
import { paint } from '../colour.ts'

const OUTCOMES: Record<SwapReport['outcome'], string> = {
  unchanged: 'nothing differs from what runs',
  refused: 'refused: the running version goes on',
  reversed: 'reversed at the boundary: the running version goes on',
  'dry-run': 'a dry run: it would have been committed',
  committed: 'live, in probation',
  permanent: 'live, probation passed',
  'rolled-back': 'rolled back: the old version runs',
}

const COLOURS = {
  unchanged: 'dim',
  refused: 'red',
  reversed: 'yellow',
  'dry-run': 'cyan',
  committed: 'green',
  permanent: 'green',
  'rolled-back': 'red',
} as const satisfies Record<SwapReport['outcome'], Parameters<typeof paint>[0]>
const SEVERITIES = { error: 'red', warning: 'yellow', info: 'dim' } as const

/** A report for a person: what moved, how long it took, what was found, what to do. */
export function describe(report: SwapReport): string {
  const moves = report.units.map(({ unit, from, to }) => `${unit} ${from} -> ${to}`).join(', ')
  const lines = [
    `${moves || report.files.join(', ')}: ${paint(COLOURS[report.outcome], OUTCOMES[report.outcome])}`,
  ]
  if (report.outcome !== 'unchanged')
    lines.push(`${report.verdict}${report.actions.length > 0 ? `: ${report.actions.join(', ')}` : ''}`)
  const times = PHASES.filter((phase) => (report.phases[phase] ?? 0) > 0)
  if (times.length > 0)
    lines.push(
      times
        .map((phase) => `${phase} ${report.phases[phase]!.toFixed(2)}`)
        .join('  ')
        .concat('  ms'),
    )
  if (report.restored) lines.push(stateLine(report.restored))
  if (report.participants.length > 0)
    lines.push(`${report.participants.length} participants, worst stall ${report.stallMs.toFixed(2)} ms`)
  for (const { severity, code, message, advice, file, line, column, frame } of report.findings) {
    const place = file ? ` (${file}${line ? `:${line}:${column ?? 1}` : ''})` : ''
    lines.push(`${paint(SEVERITIES[severity], severity)} ${code}: ${message}${place}`)
    if (frame) lines.push(frame)
    lines.push(`  ${advice}`)
  }
  return lines.join('\n')
}

const STATES: Record<NonNullable<SwapReport['restored']>['how'], string> = {
  none: 'as it is',
  'last-good': 'that of the last good tick',
  replay: 'from the backup, with the calls since made again',
  down: 'the present one, through down',
  backup: 'from the backup',
}

/** How the state went back, and what that cost. */
function stateLine({ how, ticksLost, ticksReplayed, at }: NonNullable<SwapReport['restored']>): string {
  const again = ticksReplayed === undefined ? '' : `, ${ticksReplayed} ticks made again`
  if (at === undefined) return `state: ${STATES[how]}${again}, ${ticksLost} ticks lost`
  return `state: ${STATES[how]} of an earlier run, ${new Date(at).toISOString()}, ${ticksLost} ticks of this run lost`
}
