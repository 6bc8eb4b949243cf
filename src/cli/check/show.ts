import { relative, sep } from 'node:path'
import type { Finding } from '../../errors.ts'
import { layOut } from '../format.ts'
import type { Evaluation, Preview } from './preview.ts'

const WHY: Record<Evaluation['why'], string> = {
  changed: 'changed',
  added: 'new',
  uses: 'what it runs when it is evaluated leads to what changed',
}

/** A preview for people. Paths are relative to the working directory where they lie below it. */
export function show(preview: Preview): string {
  const { outcome, base, folder } = preview
  const about = [
    ['saving', `${summary(preview)}`],
    ['units in', short(folder)],
    ['compared with', base === 'none' ? 'nothing: the files count as changed, as they are' : base],
  ]
  const modules = rowsOf(preview)
  for (const { unit, from, to, verdict, actions } of preview.verdicts)
    about.push([
      `${unit} ${from ?? 'new'} -> ${to}`,
      `${verdict}${actions.length > 0 ? `: ${actions.join(', ')}` : ''}`,
    ])
  const parts = [layOut(about)]
  if (modules.length > 0 && outcome !== 'refused') parts.push(layOut(modules, ['file', 'does', 'why']))
  parts.push(...preview.findings.map(tell))
  return parts.join('\n\n')
}

function summary({ outcome, evaluate, rebind, units }: Preview): string {
  if (outcome === 'refused') return 'would be refused; the running versions stay'
  if (outcome === 'unchanged') return 'changes nothing'
  return [
    count(evaluate.length, 'module re-evaluates', 'modules re-evaluate'),
    count(rebind.length, 'only rebinds', 'only rebind'),
    count(units.length, 'unit moves', 'units move'),
  ].join(', ')
}

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`

function rowsOf({ evaluate, rebind, removed, units }: Preview): string[][] {
  return [
    ...evaluate.map(({ file, why, lazy }) => [
      short(file),
      're-evaluates',
      lazy ? `${WHY[why]}; only where import() has loaded it` : WHY[why],
    ]),
    ...rebind.map((file) => [short(file), 'rebinds', 'it imports what is evaluated anew']),
    ...removed.map((file) => [short(file), 'is forgotten', 'nothing imports it any more']),
    ...units.map((file) => [short(file), 'moves', 'the unit gets a new version']),
  ]
}

/** A finding in two lines: what, and what to do. */
export function tell({ severity, code, message, advice, file, line, column }: Finding): string {
  const place = file ? `${short(file)}${line ? `:${line}:${column ?? 1}` : ''}: ` : ''
  return `${place}${severity} ${code}: ${shorten(message)}\n  ${advice}`
}

export function short(path: string): string {
  const from = relative(process.cwd(), path)
  return from === '' ? '.' : from.startsWith(`..${sep}`) || from === '..' ? path : from
}

/** Messages name files by their whole path. */
const shorten = (message: string): string => message.replaceAll(process.cwd() + sep, '')
