import type { Level } from './compatibility/change.ts'

/** A commit message in the form of Conventional Commits. */
export interface ConventionalCommit {
  /** in lower case; empty where the message has another form */
  readonly type: string
  readonly scope: string | undefined
  /** what is after the colon; the whole first line where the message has another form */
  readonly description: string
  readonly breaking: boolean
  /** what the footer says about the break */
  readonly breakingNote: string | undefined
}

/** characters of a first line that are looked at */
const MOST_HEADER = 512
const HEADER = /^([A-Za-z][A-Za-z0-9-]{0,31})(?:\(([^()\r\n]{1,128})\))?(!?): +(\S.*)$/
const FOOTER = /^BREAKING[ -]CHANGE: *(.*)$/m

/** Reads any message; one of another form has no type. */
export function parseCommit(message: string): ConventionalCommit {
  const [first = ''] = message.split(/\r?\n/, 1)
  const header = HEADER.exec(first.slice(0, MOST_HEADER))
  const note = FOOTER.exec(message)?.[1]
  if (!header) {
    return {
      type: '',
      scope: undefined,
      description: first.trim(),
      breaking: note !== undefined,
      breakingNote: note,
    }
  }
  const [, type, scope, mark, description] = header
  return {
    type: type!.toLowerCase(),
    scope,
    description: description!.trim(),
    breaking: mark === '!' || note !== undefined,
    breakingNote: note,
  }
}

/** Types of commits that do not touch what a version does. */
const WITHOUT_EFFECT = new Set(['docs', 'style', 'test', 'tests', 'chore', 'ci', 'build'])

/** The step of the version that a commit asks for. */
export function levelOfCommit({ type, breaking }: ConventionalCommit): Level {
  if (breaking) return 'major'
  if (type === 'feat') return 'minor'
  return WITHOUT_EFFECT.has(type) ? 'build' : 'patch'
}
