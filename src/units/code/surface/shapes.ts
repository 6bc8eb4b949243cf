import type {
  ExportShape,
  MemberShape,
  Parameters,
  PlacedShape,
} from '../../../version/compatibility/descriptor.ts'
import { boundNames, type Node } from '../transform/nodes.ts'
import type { SourceText } from './source-text.ts'
import type { TopLevel } from './top-level.ts'

const UNKNOWN: ExportShape = { kind: 'unknown' }

/** The nodes behind the names of a module's top level: declarations, and what variables begin with. */
export function topLevelOf(statements: readonly Node[]): Map<string, Node> {
  const found = new Map<string, Node>()
  for (const statement of statements) {
    if (statement.type === 'ExportDefaultDeclaration') {
      const { declaration } = statement
      found.set(declaration.id?.name ?? '*default*', declaration)
      continue
    }
    const node: Node = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (node?.type === 'FunctionDeclaration' || node?.type === 'ClassDeclaration')
      found.set(node.id.name, node)
    if (node?.type !== 'VariableDeclaration') continue
    for (const declarator of node.declarations)
      for (const id of boundNames(declarator.id))
        found.set(id.name, isPlain(node, declarator) ? declarator.init : id)
  }
  return found
}

/** A constant with a value of its own; what may be assigned again, or comes out of a pattern, is as good as its name. */
const isPlain = (declaration: Node, { id, init }: Node): boolean =>
  id.type === 'Identifier' && init && (declaration.kind === 'const' || isCallable(init))

const isCallable = ({ type }: Node): boolean =>
  type === 'ArrowFunctionExpression' || type === 'FunctionExpression' || type === 'ClassExpression'

/** What the variables of a module are, as far as they are asked for. */
export function shapesOf(
  names: Iterable<string>,
  topLevel: TopLevel,
  text: SourceText,
): Record<string, PlacedShape> {
  const shapes: Record<string, PlacedShape> = {}
  for (const name of names) {
    const node = topLevel.get(name)
    if (node) shapes[name] = { ...shapeOf(node, topLevel, text), place: text.place(node) }
  }
  return shapes
}

function shapeOf(node: Node, topLevel: TopLevel, text: SourceText, hops = 0): ExportShape {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression': {
      const { async, generator = false } = node
      return { kind: 'function', async: async === true, generator, ...parameters(node.params, text) }
    }
    case 'ClassDeclaration':
    case 'ClassExpression':
      return classShape(node, text)
    case 'Literal':
      return literalShape(node)
    case 'TemplateLiteral':
      return { kind: 'value', type: 'string' }
    case 'ObjectExpression':
    case 'ArrayExpression':
    case 'NewExpression':
      return { kind: 'value', type: 'object' }
    case 'UnaryExpression':
      return node.operator === '-' ? shapeOf(node.argument, topLevel, text, hops) : UNKNOWN
    case 'Identifier': {
      const behind = topLevel.get(node.name)
      return behind && behind !== node && hops < 8 ? shapeOf(behind, topLevel, text, hops + 1) : UNKNOWN
    }
    default:
      return UNKNOWN
  }
}

function literalShape({ value }: Node): ExportShape {
  const type = typeof value
  return type === 'number' || type === 'string' || type === 'boolean' || type === 'bigint'
    ? { kind: 'value', type }
    : UNKNOWN
}

/** How many arguments a caller must give: up to the last parameter that has no default and is not optional. */
function parameters(params: readonly Node[], text: SourceText): Parameters {
  let required = 0
  for (const [index, param] of params.entries()) {
    if (param.type === 'AssignmentPattern' || param.type === 'RestElement') continue
    const optional = text.isOptional(param)
    if (optional === undefined) return {}
    if (!optional) required = index + 1
  }
  return { required }
}

function classShape(node: Node, text: SourceText): ExportShape {
  const members: Record<string, MemberShape> = {}
  let own: Parameters | undefined
  for (const member of node.body.body) {
    if (member.kind === 'constructor') own = parameters(member.value.params, text)
    const name = memberName(member)
    if (name === undefined || member.kind === 'constructor') continue
    members[member.static ? `static ${name}` : name] = memberShape(member, text)
  }
  // Without a constructor of its own a class takes what its parent takes.
  return {
    kind: 'class',
    members,
    extends: node.superClass != null,
    ...(own ?? (node.superClass ? {} : { required: 0 })),
  }
}

function memberName({ key, computed }: Node): string | undefined {
  if (computed || !key || key.type === 'PrivateIdentifier' || key.type === 'PrivateName') return undefined
  return key.type === 'Identifier' ? key.name : String(key.value)
}

function memberShape({ kind, type, value }: Node, text: SourceText): MemberShape {
  if (kind === 'get' || kind === 'set' || type === 'AccessorProperty') return { kind: 'accessor' }
  const isFunction = value && isCallable(value) && value.type !== 'ClassExpression'
  if (kind === 'method' || isFunction) return { kind: 'method', ...parameters(value.params, text) }
  return { kind: 'field' }
}
