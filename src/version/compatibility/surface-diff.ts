import type { Place } from '../../errors.ts'
import type { Change } from './change.ts'
import type { ExportShape, MemberShape, Parameters, PlacedShape, Surface } from './descriptor.ts'

/** What became of each export. Removals are placed in the new file's `home`, additions where they stand. */
export function compareSurfaces(before: Surface, after: Surface, home: Place): Change[] {
  const changes: Change[] = []
  for (const [name, old] of Object.entries(before)) {
    const next = Object.hasOwn(after, name) ? after[name] : undefined
    if (next) changes.push(...compareExport(name, old, next))
    else changes.push({ of: 'export', name, what: 'is removed', level: 'major', code: REMOVED, place: home })
  }
  for (const [name, { place }] of Object.entries(after))
    if (!Object.hasOwn(before, name))
      changes.push({ of: 'export', name, what: 'is added', level: 'minor', ...(place && { place }) })
  return changes
}

const REMOVED = 'TICKSWAP_E_EXPORT_REMOVED'

function compareExport(name: string, old: PlacedShape, next: PlacedShape): Change[] {
  if (old.kind === 'unknown' || next.kind === 'unknown') return []
  const at = next.place && { place: next.place }
  const common = { of: 'export', name, level: 'major', ...at } as const
  const [was, is] = [inWords(old), inWords(next)]
  if (was !== is) return [{ ...common, what: `was ${was} and is ${is}`, code: 'TICKSWAP_E_EXPORT_KIND' }]
  if (old.kind === 'class' && next.kind === 'class')
    return compareClasses(old, next).map((what) => ({ ...common, what, code: 'TICKSWAP_E_EXPORT_SHAPE' }))
  if (old.kind !== 'function' || next.kind !== 'function') return []
  const more = asksForMore(old, next)
  return more ? [{ ...common, what: more, code: 'TICKSWAP_E_EXPORT_ARITY' }] : []
}

function inWords(shape: ExportShape): string {
  switch (shape.kind) {
    case 'function':
      return `${shape.async ? 'an async' : 'a'} ${shape.generator ? 'generator' : 'function'}`
    case 'class':
      return 'a class'
    case 'value':
      return `a value of type ${shape.type}`
    case 'namespace':
      return 'a namespace'
    case 'unknown':
      return 'unknown'
    default:
      return shape satisfies never
  }
}

/** Only a caller that gives too few arguments breaks: parameters that are gone are ignored. */
function asksForMore(old: Parameters, next: Parameters): string | undefined {
  if (old.required === undefined || next.required === undefined || next.required <= old.required)
    return undefined
  return `asks for ${count(next.required)} instead of ${old.required}`
}

const count = (n: number): string => `${n} argument${n === 1 ? '' : 's'}`

type ClassShape = Extract<ExportShape, { kind: 'class' }>

function* classChanges(old: ClassShape, next: ClassShape): Generator<string> {
  const more = asksForMore(old, next)
  if (more) yield `has a constructor that ${more}`
  for (const [name, member] of Object.entries(old.members)) {
    const now: MemberShape | undefined = Object.hasOwn(next.members, name) ? next.members[name] : undefined
    if (!now) {
      if (!next.extends) yield `has no \`${name}\` any more`
      continue
    }
    const isCall = member.kind === 'method'
    if (isCall !== (now.kind === 'method'))
      yield `has \`${name}\` as ${ARTICLE[now.kind]}, and no longer as ${ARTICLE[member.kind]}`
    const more = isCall ? asksForMore(member, now) : undefined
    if (more) yield `has \`${name}\`, which ${more}`
  }
}

const compareClasses = (old: ClassShape, next: ClassShape): string[] => [...classChanges(old, next)]

const ARTICLE: Record<MemberShape['kind'], string> = {
  method: 'a method',
  accessor: 'an accessor',
  field: 'a field',
}
