import type { Change } from './change.ts'
import { type ColumnShape, placeIn, type UnitDescriptor } from './descriptor.ts'

/** What became of the state: the columns and the soft keys. */
export interface StateDifference {
  readonly changes: readonly Change[]
  /** the memory of the one cannot be read by the other as it is */
  readonly moved: boolean
  /** columns whose values the next version has no place for, in words */
  readonly lost: readonly string[]
}

export function compareState(from: UnitDescriptor, to: UnitDescriptor): StateDifference {
  const changes: Change[] = []
  const lost: string[] = []
  const isPartial = from.state.partial || to.state.partial
  const [before, after] = isPartial ? [{}, {}] : [from.state.columns, to.state.columns]
  for (const [name, old] of Object.entries(before)) {
    const next = Object.hasOwn(after, name) ? after[name] : undefined
    const { what, loses } = columnChange(old, next)
    if (loses) lost.push(`column ${name}${next ? ` (${loses})` : ''}`)
    if (!what) continue
    const place = placeIn(to, `columns.${name}`, 'columns')
    const level = loses ? 'major' : 'minor'
    changes.push({ of: 'column', name, what, level, code: 'TICKSWAP_E_STATE_SHAPE', severity: 'info', place })
  }
  for (const name of Object.keys(after))
    if (!Object.hasOwn(before, name))
      changes.push({
        of: 'column',
        name,
        what: 'is added',
        level: 'minor',
        place: placeIn(to, `columns.${name}`),
      })
  const moved = changes.length > 0 || Object.keys(before).join('\n') !== Object.keys(after).join('\n')
  return { changes: [...changes, ...softChanges(from, to)], moved, lost }
}

function columnChange(old: ColumnShape, next: ColumnShape | undefined): { what?: string; loses?: string } {
  if (!next) return { what: 'is removed', loses: 'removed' }
  if (old.scope !== next.scope)
    return { what: `moves from ${old.scope} to ${next.scope}`, loses: `${old.scope} becomes ${next.scope}` }
  if (old.type !== next.type) {
    const loses = `${old.type} becomes ${next.type}`
    return { what: `changes its type: ${loses}`, loses }
  }
  if (old.length === next.length) return {}
  const sizes = `${old.length} elements become ${next.length}`
  const shrinks =
    typeof old.length === 'number' && typeof next.length === 'number' && next.length < old.length
  return shrinks ? { what: `shrinks: ${sizes}`, loses: sizes } : { what: `changes its size: ${sizes}` }
}

/** Soft keys follow by name; one that is declared no more is left behind, and its value with it. */
function softChanges(from: UnitDescriptor, to: UnitDescriptor): Change[] {
  const [before, after] = [from.state.soft, to.state.soft]
  if (!before || !after) return []
  const changes: Change[] = []
  const place = (name: string) => ({ place: placeIn(to, `soft.${name}`, 'soft') })
  for (const [name, type] of Object.entries(before)) {
    const now = Object.hasOwn(after, name) ? after[name] : undefined
    const what =
      now === undefined ? 'is removed' : isRetyped(type, now) ? `was ${type} and is ${now}` : undefined
    if (what)
      changes.push({ of: 'soft', name, what, level: 'minor', code: 'TICKSWAP_E_SOFT_KEY', ...place(name) })
  }
  for (const name of Object.keys(after))
    if (!Object.hasOwn(before, name))
      changes.push({ of: 'soft', name, what: 'is added', level: 'minor', ...place(name) })
  return changes
}

/** A key that is nothing yet may become anything. */
const isRetyped = (was: string, is: string): boolean =>
  was !== is && ![was, is].some((type) => type === 'undefined' || type === 'null' || type === 'unknown')
