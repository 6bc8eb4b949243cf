/**
 * What the printer needs of the tree. The rest of it, ten times as much, need not live
 * as long as the module runs.
 */
import type { Node } from './nodes.ts'
import type { Mention, ScopeReport } from './scopes.ts'

export function slimStatement(node: Node): Node {
  const { type, start, end, declaration } = node
  if (type === 'ExportNamedDeclaration' || type === 'ExportDefaultDeclaration') {
    return { type, start, end, declaration: declaration && slimDeclaration(declaration) }
  }
  return slimDeclaration(node)
}

function slimDeclaration({ type, start, end, id, declarations, name }: Node): Node {
  if (type === 'Identifier') return { type, start, end, name }
  if (declarations)
    return {
      type,
      start,
      end,
      declarations: declarations.map((each: Node) => ({ id: each.id, end: each.end })),
    }
  return { type, start, end, id }
}

export function slimReport(report: ScopeReport): ScopeReport {
  const writers = new Map<Node, Node>()
  return {
    ...report,
    mentions: report.mentions.map((mention) => slimMention(mention, writers)),
    dynamicImports: report.dynamicImports.map(({ type, start, end, source }) => ({
      type,
      start,
      end,
      source: source.type === 'Literal' ? source : { type: source.type },
    })),
    strayArguments: report.strayArguments.map(place),
    evals: report.evals.map(place),
    topLevelAwait: report.topLevelAwait && place(report.topLevelAwait),
  }
}

/** Writes of one expression go on sharing it. */
function slimMention(mention: Mention, writers: Map<Node, Node>): Mention {
  const { writer, node } = mention
  if (!writer) return node.type === 'Identifier' ? mention : { ...mention, node: place(node) }
  const slim = writers.get(writer) ?? slimWriter(writer)
  writers.set(writer, slim)
  return { ...mention, writer: slim }
}

function slimWriter(node: Node): Node {
  const { operator, left, right, body } = node
  return {
    ...place(node),
    operator,
    ...(left && { left: place(left), right: place(right) }),
    ...(body && { body: place(body) }),
  }
}

const place = ({ type, start, end }: Node): Node => ({ type, start, end })
