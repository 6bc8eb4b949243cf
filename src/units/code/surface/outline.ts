import type { PlacedShape } from '../../../version/compatibility/descriptor.ts'
import type { Node } from '../transform/nodes.ts'
import type { Ast } from './ast.ts'
import type { Lookup } from './constant.ts'
import { type Declaration, declarationOf } from './declaration.ts'
import { namesOf } from './names.ts'
import { shapesOf, topLevelOf } from './shapes.ts'
import { SourceText } from './source-text.ts'

/** What one module's source tells without being run: its exported variables, and the unit it declares. */
export interface Outline {
  /** by the name of the variable behind an export */
  readonly shapes: Readonly<Record<string, PlacedShape>>
  readonly declaration?: Declaration
}

/**
 * @param source the file's own text, types and all
 * @param imported what a name means that the module imports; without it such a name is unknown
 */
export function outline(file: string, source: string, { program, parsed }: Ast, imported?: Lookup): Outline {
  const text = new SourceText(file, parsed, source)
  const topLevel = topLevelOf(program)
  const locals = new Set(namesOf(program).exports.map(({ local }) => local))
  const shapes = shapesOf(locals, topLevel, text)
  const declaration = declarationOf(topLevel.get('unit'), text, lookupIn(topLevel, imported))
  return { shapes, ...(declaration && { declaration }) }
}

/** Names as a module sees them: its own, then those it imports. */
export function lookupIn(topLevel: ReadonlyMap<string, Node>, imported?: Lookup): Lookup {
  const lookup: Lookup = (name) => {
    const node = topLevel.get(name)
    if (!node) return imported?.(name)
    return node.type === 'Identifier' && node.name === name ? undefined : { node, lookup }
  }
  return lookup
}
