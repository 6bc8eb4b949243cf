import { type Change, sentence } from './compatibility/change.ts'
import { type ConventionalCommit, levelOfCommit } from './conventional.ts'

/** The headings of Keep a Changelog, in its order. */
const HEADINGS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'] as const
type Heading = (typeof HEADINGS)[number]

export interface Release {
  readonly unit: string
  readonly version: string
  /** YYYY-MM-DD */
  readonly date: string
  /** newest first */
  readonly commits: readonly (ConventionalCommit & { readonly hash: string })[]
  readonly changes: readonly Change[]
}

/** One version's section. */
export function sectionOf(release: Release): string {
  const entries = new Map<Heading, string[]>(HEADINGS.map((heading) => [heading, []]))
  for (const commit of release.commits) {
    const heading = headingOf(commit)
    if (heading) entries.get(heading)!.push(line(commit))
  }
  for (const change of release.changes) entries.get(headingOfChange(change))!.push(lineOfChange(change))
  const parts = HEADINGS.flatMap((heading) => {
    const lines = [...new Set(entries.get(heading))]
    return lines.length > 0 ? [`### ${heading}\n\n${lines.join('\n')}\n`] : []
  })
  const body = parts.length > 0 ? parts.join('\n') : 'Nothing that a user of the unit would see.\n'
  return `## [${release.version}] - ${release.date}\n\n${body}`
}

/** Puts a version's section in front of the earlier ones, which stay as they are to the byte. */
export function withRelease(text: string | undefined, release: Release): string {
  const section = sectionOf(release)
  if (text === undefined || text.trim() === '') return `${head(release.unit)}\n${section}`
  const first = firstRelease(text)
  if (first === undefined) return `${text.replace(/\n*$/, '\n\n')}${section}`
  return `${text.slice(0, first)}${section}\n${text.slice(first)}`
}

const head = (unit: string): string =>
  `# Changelog of ${unit}\n\nThe form is that of [Keep a Changelog](https://keepachangelog.com/en/1.1.0/), the numbers are those of\n[Semantic Versioning](https://semver.org/).\n`

/** Where the newest version's section begins; what is not released yet stays above it. */
function firstRelease(text: string): number | undefined {
  for (const match of text.matchAll(/^## \[?v?\d/gm)) return match.index
  return undefined
}

function headingOf(commit: ConventionalCommit): Heading | undefined {
  if (commit.scope?.toLowerCase() === 'security' || commit.type === 'security') return 'Security'
  switch (commit.type) {
    case 'feat':
      return 'Added'
    case 'fix':
    case 'revert':
      return 'Fixed'
    case 'deprecate':
      return 'Deprecated'
    case 'remove':
      return 'Removed'
    default:
      return levelOfCommit(commit) === 'build' ? undefined : 'Changed'
  }
}

function line({ description, breaking, breakingNote, hash }: ConventionalCommit & { hash: string }): string {
  const note = breakingNote && breakingNote !== description ? ` ${breakingNote}` : ''
  return `- ${breaking ? '**Breaking:** ' : ''}${description}${note} (${hash.slice(0, 7)})`
}

function headingOfChange({ what }: Change): Heading {
  if (what.startsWith('is added')) return 'Added'
  return what.startsWith('is removed') ? 'Removed' : 'Changed'
}

function lineOfChange(change: Change): string {
  const isBreak = change.of === 'export' && change.level === 'major'
  return `- ${isBreak ? '**Breaking:** ' : ''}${sentence(change)}`
}
