import type { Place } from '../../../errors.ts'
import type { ColumnShape, MigrationShape, StateShape } from '../../../version/compatibility/descriptor.ts'
import type { Rule } from '../../../version/compatibility/rules.ts'
import { isColumnType } from '../../column.ts'
import { softType } from '../../soft-type.ts'
import type { Node } from '../transform/nodes.ts'
import { constantOf, type Lookup, propertyName } from './constant.ts'
import type { SourceText } from './source-text.ts'

/** What the argument of `defineUnit` says in the source, without running it. */
export interface Declaration {
  readonly name?: string
  /** as written, and where the literal stands */
  readonly version?: { readonly text: string; readonly start: number; readonly end: number } & Place
  readonly flags: readonly string[]
  readonly requires: Readonly<Record<string, string>>
  readonly optional: Readonly<Record<string, string>>
  readonly provides: Readonly<Record<string, readonly string[]>>
  readonly state: StateShape
  readonly migrations: readonly MigrationShape[]
  readonly rules: readonly Rule[]
  readonly places: Readonly<Record<string, Place>>
}

/** constants that stand for one another */
const MOST_HOPS = 16

interface Reading {
  /** of the unit's file; none while an object that stands in another file is read */
  readonly text: SourceText | undefined
  readonly lookup: Lookup
  readonly places: Record<string, Place>
}

/** Reads `defineUnit({ ... })`; undefined where the expression is something else. */
export function declarationOf(
  node: Node | undefined,
  text: SourceText,
  lookup: Lookup,
): Declaration | undefined {
  const [argument] = node?.type === 'CallExpression' ? (node.arguments as Node[]) : []
  if (argument?.type !== 'ObjectExpression') return undefined
  const reading: Reading = { text, lookup, places: {} }
  const fields = fieldsOf(argument, '', reading)
  const name = constantOf(fields.get('name'), lookup)?.value
  return {
    ...(typeof name === 'string' && { name }),
    ...versionOf(fields.get('version'), reading),
    flags: strings(constantOf(fields.get('flags'), lookup)?.value),
    requires: rangesOf(fields.get('requires'), 'requires.', reading),
    optional: rangesOf(fields.get('optional'), 'optional.', reading),
    provides: providesOf(fields.get('provides'), reading),
    state: stateOf(fields.get('state'), reading),
    migrations: migrationsOf(fields.get('migrate'), reading),
    rules: rulesOf(fields.get('rules'), lookup),
    places: reading.places,
  }
}

/** The fields of an object by name; notes where each stands, under the prefix. */
function fieldsOf(node: Node, prefix: string, { text, places }: Reading): Map<string, Node> {
  const fields = new Map<string, Node>()
  for (const property of node.properties) {
    const name = propertyName(property)
    if (name === undefined) continue
    fields.set(name, property.value)
    if (text) places[prefix + name] = text.place(property)
  }
  return fields
}

interface Behind {
  readonly fields: ReadonlyMap<string, Node>
  readonly reading: Reading
  /** nothing in it is spread or computed */
  readonly isWhole: boolean
}

/** The fields of an object that is written there, or as a constant elsewhere, and how they are to be read. */
function behind(node: Node | undefined, prefix: string, reading: Reading, hops = 0): Behind | undefined {
  if (node?.type === 'ObjectExpression') {
    const fields = fieldsOf(node, prefix, reading)
    return { fields, reading, isWhole: fields.size === node.properties.length }
  }
  const found = node?.type === 'Identifier' ? reading.lookup(node.name) : undefined
  if (!found || hops > MOST_HOPS) return undefined
  const isHere = found.lookup === reading.lookup
  const next = isHere ? reading : { ...reading, text: undefined, lookup: found.lookup }
  return behind(found.node, prefix, next, hops + 1)
}

function versionOf(node: Node | undefined, { text, lookup }: Reading): Pick<Declaration, 'version'> {
  const constant = constantOf(node, lookup)
  if (!constant || typeof constant.value !== 'string') return {}
  const { start, end } = constant.node
  return { version: { text: constant.value, start, end, ...text?.place(constant.node) } }
}

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

function rangesOf(node: Node | undefined, prefix: string, reading: Reading): Record<string, string> {
  const object = behind(node, prefix, reading)
  const found: Record<string, string> = {}
  for (const [name, value] of object?.fields ?? []) {
    const range = constantOf(value, object!.reading.lookup)?.value
    if (typeof range === 'string') found[name] = range
  }
  return found
}

function providesOf(node: Node | undefined, reading: Reading): Record<string, readonly string[]> {
  const object = behind(node, 'provides.', reading)
  const found: Record<string, readonly string[]> = {}
  for (const [name, value] of object?.fields ?? [])
    found[name] = strings(constantOf(value, object!.reading.lookup)?.value)
  return found
}

function stateOf(node: Node | undefined, reading: Reading): StateShape {
  const state = behind(node, '', reading)
  if (!state) return node ? { columns: {}, partial: true } : { columns: {} }
  const columns: Record<string, ColumnShape> = {}
  const declared = state.fields.get('columns')
  const object = behind(declared, 'columns.', state.reading)
  let isPartial = !state.isWhole || (declared !== undefined && !object?.isWhole)
  for (const [name, value] of object?.fields ?? []) {
    const column = columnOf(value, object!.reading)
    if (column) columns[name] = column
    else isPartial = true
  }
  const soft = softOf(state.fields.get('soft'), state.reading)
  return { columns, ...(isPartial && { partial: true as const }), ...(soft && { soft }) }
}

/** `f32(4096, { scope: 'participant' })` */
function columnOf(node: Node, { lookup, text }: Reading): ColumnShape | undefined {
  if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier') return undefined
  const type: unknown = node.callee.name
  const [length, options] = node.arguments as (Node | undefined)[]
  if (!isColumnType(type) || !length) return undefined
  const elements = constantOf(length, lookup)?.value
  const given = constantOf(options, lookup)?.value as { scope?: unknown } | undefined
  const scope = given?.scope === 'participant' ? 'participant' : 'shared'
  return { type, length: typeof elements === 'number' ? elements : (text?.text(length) ?? 'unknown'), scope }
}

/** The keys of the object that `soft` returns. */
function softOf(node: Node | undefined, reading: Reading): Record<string, string> | undefined {
  const returned = node && returnedBy(node)
  if (returned?.type !== 'ObjectExpression') return undefined
  const keys: Record<string, string> = {}
  for (const [name, value] of fieldsOf(returned, 'soft.', reading)) keys[name] = typeOf(value, reading.lookup)
  return keys
}

function returnedBy({ body }: Node): Node | undefined {
  if (body?.type !== 'BlockStatement') return body
  return (body.body as Node[]).find(({ type }) => type === 'ReturnStatement')?.argument
}

function typeOf(node: Node, lookup: Lookup): string {
  if (node.type === 'ArrayExpression') return 'array'
  if (node.type === 'ObjectExpression') return 'object'
  const constant = constantOf(node, lookup)
  return constant ? softType(constant.value) : 'unknown'
}

function migrationsOf(node: Node | undefined, reading: Reading): MigrationShape[] {
  const object = behind(node, 'migrate.', reading)
  return [...(object?.fields ?? [])].map(([range, value]) => {
    const migration = behind(value, `migrate.${range}.`, object!.reading)?.fields
    const has = (...names: string[]) => names.some((name) => migration?.has(name) === true)
    return { range, up: has('up', 'upRange'), down: has('down', 'downRange') }
  })
}

/** Rules as they are written; whether they are right is seen where they are used. */
function rulesOf(node: Node | undefined, lookup: Lookup): Rule[] {
  const value = constantOf(node, lookup)?.value
  return Array.isArray(value) ? (value as Rule[]) : []
}
