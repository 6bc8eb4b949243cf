import type { PlacedShape } from '../../../version/compatibility/descriptor.ts'
import type { ImportBinding } from '../transform/declarations.ts'
import type { Lookup } from './constant.ts'
import { type Declaration, declarationOf } from './declaration.ts'
import { shapesOf } from './shapes.ts'
import { SourceText } from './source-text.ts'
import type { TopLevel } from './top-level.ts'

/** What one module's source tells without being run: its exported variables, and the unit it declares. */
export interface Outline {
  /** by the name of the variable behind an export */
  readonly shapes: Readonly<Record<string, PlacedShape>>
  readonly declaration?: Declaration
}

/** What is outlined of a module. */
export interface Outlined {
  readonly file: string
  /** parses what is asked for: what a module's pieces remember of their trees is not enough for an outline */
  topLevel(): TopLevel
  /** variables behind its exports */
  readonly locals: Iterable<string>
  /** by local name */
  readonly imports: ReadonlyMap<string, ImportBinding>
  /** what the offsets of the nodes count in */
  readonly parsed: string
  /** the file's own text */
  readonly original: string
}

/** @param imported what a name means that the module imports; without it such a name is unknown */
export function outline(module: Outlined, imported?: Lookup): Outline {
  const { file, parsed, original } = module
  const text = new SourceText(file, parsed, original)
  const topLevel = module.topLevel()
  const shapes = shapesOf(module.locals, topLevel, text)
  const lookup = lookupIn(topLevel, imported)
  const declaration = declarationOf(topLevel.get('unit'), text, lookup)
  return { shapes, ...(declaration && { declaration }) }
}

/** Names as a module sees them: its own, then those it imports. */
export function lookupIn(topLevel: TopLevel, imported?: Lookup): Lookup {
  const lookup: Lookup = (name) => {
    const node = topLevel.get(name)
    if (!node) return imported?.(name)
    return node.type === 'Identifier' && node.name === name ? undefined : { node, lookup }
  }
  return lookup
}
