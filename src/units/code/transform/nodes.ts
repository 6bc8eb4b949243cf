/** An ESTree node as the parser gives it, with offsets into the text. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  // biome-ignore lint/suspicious/noExplicitAny: one type for every kind of node; the walker knows the fields
  readonly [field: string]: any
}

/** Calls `each` for every child node, in source order. */
export function forEachChild(node: Node, each: (child: Node) => void): void {
  for (const key in node) {
    const value = node[key]
    if (value === null || typeof value !== 'object') continue
    if (Array.isArray(value)) {
      for (const child of value) if (child && typeof child.type === 'string') each(child)
    } else if (typeof value.type === 'string') each(value)
  }
}

/** The identifiers that a declaration's pattern binds, in order. */
export function* boundNames(pattern: Node | null): Generator<Node> {
  if (!pattern) return
  switch (pattern.type) {
    case 'Identifier':
      yield pattern
      return
    case 'ObjectPattern':
      for (const property of pattern.properties) yield* boundNames(property.value ?? property.argument)
      return
    case 'ArrayPattern':
      for (const element of pattern.elements) yield* boundNames(element)
      return
    case 'AssignmentPattern':
      yield* boundNames(pattern.left)
      return
    case 'RestElement':
      yield* boundNames(pattern.argument)
  }
}

/** A module's export or import name, written as an identifier or as a string. */
export const nameOf = (node: Node): string => (node.type === 'Identifier' ? node.name : String(node.value))
