import type { ErrorCode, Place } from '../../errors.ts'

/** How large a step of the version a change asks for, smallest first. */
export const LEVELS = ['none', 'build', 'patch', 'minor', 'major'] as const
export type Level = (typeof LEVELS)[number]

export const largest = (levels: readonly Level[]): Level =>
  levels.reduce<Level>((most, level) => (LEVELS.indexOf(level) > LEVELS.indexOf(most) ? level : most), 'none')

/** One difference between two versions of a unit. */
export interface Change {
  /** what it is a difference of */
  readonly of: 'export' | 'column' | 'soft' | 'requirement'
  readonly name: string
  /** `removed`, `added`, or in words what became what */
  readonly what: string
  /** what semantic versioning asks for */
  readonly level: Level
  /** the finding that it makes; none for an addition */
  readonly code?: ErrorCode
  /** default: warning */
  readonly severity?: 'warning' | 'info'
  readonly place?: Place
}

/** `export step: removed`, for messages and changelogs. */
export const sentence = ({ of, name, what }: Change): string => `${NOUN[of]} \`${name}\` ${what}`

const NOUN: Record<Change['of'], string> = {
  export: 'export',
  column: 'column',
  soft: 'soft key',
  requirement: 'requirement',
}
