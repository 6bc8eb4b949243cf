import type { Node } from '../transform/nodes.ts'

/** What an expression is without running it, or that only a run would tell. */
export type Constant = { readonly value: unknown; readonly node: Node } | undefined

/** Gives the expression behind a name, in whichever module it stands. */
export type Lookup = (name: string) => { readonly node: Node; readonly lookup: Lookup } | undefined

/** nodes that are looked at for one value: constants that double each other end here */
const MOST_NODES = 10_000
/** constants that stand for one another */
const MOST_DEPTH = 64

interface Effort {
  nodes: number
}

/** Evaluates literals, arithmetic, lists and objects of them, and constants by their names. */
export function constantOf(
  node: Node | undefined,
  lookup: Lookup,
  depth = 0,
  effort: Effort = { nodes: 0 },
): Constant {
  if (!node || depth > MOST_DEPTH || ++effort.nodes > MOST_NODES) return undefined
  const inner = (child: Node) => constantOf(child, lookup, depth + 1, effort)
  switch (node.type) {
    case 'Literal':
      return { value: node.value, node }
    case 'TemplateLiteral':
      return node.expressions.length === 0 ? { value: node.quasis[0].value.cooked, node } : undefined
    case 'Identifier': {
      const behind = lookup(node.name)
      return behind && behind.node !== node
        ? constantOf(behind.node, behind.lookup, depth + 1, effort)
        : undefined
    }
    case 'UnaryExpression': {
      const operand = inner(node.argument)
      return operand && node.operator === '-' ? { value: -(operand.value as number), node } : undefined
    }
    case 'BinaryExpression': {
      const [left, right] = [inner(node.left), inner(node.right)]
      const value = left && right && arithmetic(node.operator, left.value, right.value)
      return value === undefined ? undefined : { value, node }
    }
    case 'ArrayExpression': {
      const items: Constant[] = node.elements.map((item: Node | null) => item && inner(item))
      return items.every((item) => item) ? { value: items.map((item) => item!.value), node } : undefined
    }
    case 'ObjectExpression':
      return objectOf(node, inner)
    case 'MemberExpression': {
      const object = inner(node.object)
      const key = node.computed ? inner(node.property)?.value : node.property.name
      const value =
        isRecord(object?.value) && Object.hasOwn(object.value, String(key))
          ? object.value[String(key)]
          : undefined
      return value === undefined ? undefined : { value, node }
    }
    default:
      return undefined
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

function objectOf(node: Node, inner: (child: Node) => Constant): Constant {
  const value: Record<string, unknown> = {}
  for (const property of node.properties) {
    const name = propertyName(property)
    const constant = name === undefined ? undefined : inner(property.value)
    if (name === undefined || !constant) return undefined
    value[name] = constant.value
  }
  return { value, node }
}

/** The name of an object's own property; none for what is computed or spread. */
export function propertyName({ type, key, computed }: Node): string | undefined {
  if (type !== 'Property' || computed) return undefined
  return key.type === 'Identifier' ? key.name : String(key.value)
}

function arithmetic(operator: string, a: unknown, b: unknown): number | undefined {
  if (typeof a !== 'number' || typeof b !== 'number') return undefined
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return a / b
    case '%':
      return a % b
    case '**':
      return a ** b
    case '<<':
      return a << b
    case '>>':
      return a >> b
    default:
      return undefined
  }
}
