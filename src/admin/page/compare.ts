import type { UnitSources } from '../../control/library.ts'
import { ask } from './api.ts'
import { around, type DiffLine, diffLines } from './diff.ts'
import { make } from './dom.ts'

const CONTEXT = 3
const MARKS = { same: ' ', added: '+', dropped: '-' } as const

/** What differs between two versions of a unit, file by file. */
export async function comparison(unit: string, from: string, to: string): Promise<HTMLElement[]> {
  const [before, after] = await Promise.all([sources(unit, from), sources(unit, to)])
  const files = [...new Set([...before.files, ...after.files].map(({ file }) => file))].sort()
  const parts = files.flatMap((file) => compareFile(file, before, after))
  const nothing = make('p', { className: 'hint' }, 'Their sources are the same.')
  return [make('h3', {}, `${unit} ${from} → ${to}`), ...(parts.length > 0 ? parts : [nothing])]
}

const sources = (unit: string, version: string) =>
  ask<UnitSources>(`/api/units/${encodeURIComponent(unit)}/sources/${encodeURIComponent(version)}`)

function compareFile(file: string, before: UnitSources, after: UnitSources): HTMLElement[] {
  const [old, next] = [before, after].map(({ files }) => files.find((each) => each.file === file))
  if (old?.text === next?.text) return []
  const isAsWritten = (old?.isAsWritten ?? true) && (next?.isAsWritten ?? true)
  const note = isAsWritten ? '' : ' (as it runs, without types: the text as it was written is forgotten)'
  const lines = around(diffLines(old?.text ?? '', next?.text ?? ''), CONTEXT)
  return [
    make('p', {}, make('code', {}, file), note),
    make('pre', { className: 'diff', tabindex: '0', 'aria-label': `changes of ${file}` }, ...lines.map(row)),
  ]
}

function row(line: DiffLine | undefined): HTMLElement {
  if (!line) return make('span', { className: 'left-out' }, '⋯\n')
  const { kind, text } = line
  const tag = kind === 'added' ? 'ins' : kind === 'dropped' ? 'del' : 'span'
  return make(tag, { className: kind }, `${MARKS[kind]} ${text}\n`)
}
