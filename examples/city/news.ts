/** Says what happened to a swap, in one line. */
import { basename } from 'node:path'
import type { SwapReport } from 'tickswap'

/** how a line is marked and coloured */
export type Mood = 'good' | 'bad' | 'back' | 'plain'

export interface News {
  readonly mood: Mood
  readonly text: string
  /** the frame in which it became known */
  readonly frame: number
}

const MARK: Record<Mood, string> = { good: '✔', bad: '✘', back: '↶', plain: '·' }

export const line = ({ mood, text }: News): string => `${MARK[mood]} ${text}`

/** What an event of the runtime means to somebody who watches. */
export function newsOf(
  event: 'swap' | 'reject' | 'rollback' | 'permanent',
  report: SwapReport,
  frame: number,
): News {
  const moves = report.units.map(({ unit, from, to }) => `${unit} ${from} → ${to}`).join(', ')
  const files = report.files.map((file) => basename(file)).join(', ')
  switch (event) {
    case 'swap':
      return {
        mood: 'good',
        frame,
        text: `${moves} live in ${ms(report.liveMs)}, stall ${ms(report.stallMs)}`,
      }
    case 'permanent':
      return { mood: 'good', frame, text: `${moves} permanent` }
    case 'reject':
      return { mood: 'bad', frame, text: `${files || moves} ${report.outcome}: ${cause(report)}` }
    case 'rollback':
      return { mood: 'back', frame, text: `${moves} rolled back: ${cause(report)}` }
  }
}

function cause(report: SwapReport): string {
  const found = report.findings.find(({ severity }) => severity === 'error') ?? report.findings[0]
  if (!found) return 'no reason given'
  const place = found.file ? ` (${basename(found.file)}${found.line ? `:${found.line}` : ''})` : ''
  return `${found.code.replace('TICKSWAP_E_', '')}${place} ${found.message}`
}

const ms = (value: number | undefined): string => (value === undefined ? '–' : `${value.toFixed(1)} ms`)
