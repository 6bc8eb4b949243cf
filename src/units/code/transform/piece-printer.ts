import { Edits, type Shift } from './edits.ts'
import { boundNames, type Node } from './nodes.ts'
import type { Piece } from './pieces.ts'
import type { Mention } from './scopes.ts'

/** What a module's names become in its script. */
export interface Naming {
  /** the linker's side of the module */
  readonly handle: string
  /** a constant, which writes to imports go to */
  readonly constant: string
  /** a name that means nothing, for `arguments` where there are none */
  readonly nobody: string
  /** the variable behind a default export that has no name; '' when that is a type */
  readonly default: string
  /** local name of a namespace to the object that `ns.name` reads */
  readonly views: ReadonlyMap<string, string>
  /** the same for `ns.name()` */
  readonly callViews: ReadonlyMap<string, string>
  /** local name of a package's import to what reads it anew */
  readonly liveReads: ReadonlyMap<string, string>
  /** local name of an export to what its writes are wrapped in */
  readonly notifiers: ReadonlyMap<string, string>
  /** local names of imports */
  readonly imports: { has(name: string): boolean }
}

/** Equal for two namings under which a piece is printed alike. @param assigned names that the module writes to */
export function namingKey(naming: Naming, assigned: ReadonlySet<string>): string {
  const {
    handle,
    constant,
    nobody,
    default: ownDefault,
    views,
    callViews,
    liveReads,
    notifiers,
    imports,
  } = naming
  return [
    handle,
    constant,
    nobody,
    ownDefault,
    [...views].join(' '),
    [...callViews].join(' '),
    [...liveReads].join(' '),
    [...notifiers].join(' '),
    [...assigned].filter((name) => imports.has(name)).join(' '),
  ].join('\n')
}

/** White space and comments. */
const GAP = String.raw`(?:\s|/\*[\s\S]*?\*/|//.*)`
const DEFAULT_HEAD = new RegExp(`^export${GAP}+default${GAP}*`)
/** The left side may stand in parentheses. */
const BEFORE_OPERATOR = new RegExp(`^(?:${GAP}|\\))*`)
const FUNCTION_HEAD = new RegExp(`^(?:async${GAP}+)?function(?:${GAP}*\\*)?`)

/** Prints one piece of a module as its part of the script. */
export class PiecePrinter {
  readonly #piece: Piece
  readonly #names: Naming
  readonly #announce: ((names: readonly string[]) => string) | undefined
  readonly #edits: Edits

  /** @param announce for a module in a cycle: what is to be called when these names have their values, or '' */
  constructor(piece: Piece, names: Naming, announce?: (names: readonly string[]) => string) {
    this.#piece = piece
    this.#names = names
    this.#announce = announce
    this.#edits = new Edits(piece.text, piece.origin)
  }

  /** @param isFirst it begins the file; @returns the text, and the places in it where columns are off */
  print(isFirst: boolean): { text: string; shifts: readonly Shift[] } {
    const { text, origin, statements, scopes } = this.#piece
    if (isFirst && text.startsWith('#!')) {
      this.#edits.replace(origin, origin + text.search(/[\n\r\u2028\u2029]|$/), '')
    }
    // Mentions first: at one place, an expression is closed before its statement is.
    this.#editMentions()
    for (const node of statements) this.#editStatement(node)
    for (const meta of scopes.metas) this.#edits.replace(meta.start, meta.end, `${this.#names.handle}.m`)
    for (const { start } of scopes.dynamicImports)
      this.#edits.replace(start, start + 6, `${this.#names.handle}.d`)
    for (const { start, end } of scopes.evals) {
      this.#edits.insertFirst(start, `${this.#names.handle}.e(`)
      this.#edits.insert(end, ')')
    }
    // The wrapper is a function and has `arguments`, a module has none.
    for (const { start, end } of scopes.strayArguments) this.#edits.replace(start, end, this.#names.nobody)
    return this.#edits.print()
  }

  #slice(start: number, end?: number): string {
    const { text, origin } = this.#piece
    return text.slice(start - origin, end === undefined ? undefined : end - origin)
  }

  #editStatement(node: Node): void {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
        this.#edits.blank(node.start, node.end)
        return
      case 'ExportNamedDeclaration':
        if (!node.declaration) {
          this.#edits.blank(node.start, node.end)
          return
        }
        this.#edits.replace(node.start, node.start + 6, ';')
        break
      case 'ExportDefaultDeclaration':
        this.#editDefault(node)
    }
    if (this.#announce) this.#editAnnouncement(node)
  }

  #editDefault(node: Node): void {
    const { declaration } = node
    if (declaration.type === 'Identifier' && this.#names.default === '') {
      this.#edits.blank(node.start, node.end)
      return
    }
    const head = DEFAULT_HEAD.exec(this.#slice(node.start, node.end))?.[0]
    // Decorators stand in front; V8 says what it thinks of them.
    if (head === undefined) return
    const start = node.start + head.length
    if (declaration.id && /Declaration$/.test(declaration.type)) {
      this.#edits.begin(node.start, start, ';')
      return
    }
    if (declaration.type === 'FunctionDeclaration') {
      const keyword = FUNCTION_HEAD.exec(this.#slice(start))![0]
      this.#edits.begin(node.start, start, ';', head.length - this.#names.default.length - 1)
      this.#edits.insert(start + keyword.length, ` ${this.#names.default}`)
      return
    }
    const ended = this.#slice(node.end - 1, node.end) === ';' && declaration.end < node.end
    this.#edits.begin(node.start, start, `let ${this.#names.default}={default:`)
    this.#edits.insert(ended ? node.end - 1 : node.end, ended ? '}' : '};')
  }

  #editAnnouncement(node: Node): void {
    this.#editDeclarators(node.declaration ?? node)
    const announcer = this.#announce!(declaredNames(node))
    if (announcer === '') return
    const closed = this.#slice(node.end - 1, node.end) === ';' ? '' : ';'
    this.#edits.insert(node.end, `${closed}${announcer}();`)
  }

  /** What one declarator declares, the next ones may read through other modules. */
  #editDeclarators({ declarations }: Node): void {
    for (const { id, end } of declarations?.slice(0, -1) ?? []) {
      const announcer = this.#announce!([...boundNames(id)].map((name) => name.name))
      if (announcer !== '') this.#edits.insert(end, `,{}=${announcer}()`)
    }
  }

  #editMentions(): void {
    const wrapped = new Map<Node, string[]>()
    for (const mention of this.#piece.scopes.mentions) {
      this.#editLiveRead(mention)
      if (mention.kind === 'member') {
        const { views, callViews } = this.#names
        const view = (mention.isCalled ? callViews : views).get(mention.name)
        if (view) this.#edits.replace(mention.node.start, mention.node.end, view)
      } else if (mention.kind === 'write') {
        if (this.#names.imports.has(mention.name)) this.#editConstant(mention)
        const notifier = this.#names.notifiers.get(mention.name)
        if (!notifier) continue
        const list = wrapped.get(mention.writer!) ?? []
        wrapped.set(mention.writer!, list)
        if (!list.includes(notifier)) list.push(notifier)
      }
    }
    // Inner writers were met later, and are closed first.
    for (const [writer, notifiers] of [...wrapped].reverse()) this.#editWriter(writer, notifiers)
  }

  #editLiveRead({ kind, name, node, isCalled, shorthand }: Mention): void {
    const read = kind === 'write' ? undefined : this.#names.liveReads.get(name)
    if (read === undefined) return
    // What is called that way has no `this`, and a statement still begins with a name.
    const value = kind === 'read' && isCalled ? `${this.#names.handle}.c(${read})` : read
    this.#edits.swap(node.start, node.end, shorthand ? `${name}:${value}` : value)
  }

  /** An import that is written to throws as a constant does; what reads it first does so first. */
  #editConstant({ node, name, shorthand, writer }: Mention): void {
    const { constant } = this.#names
    const read = this.#names.liveReads.get(name)
    if (writer?.type === 'AssignmentExpression' && writer.operator !== '=') {
      if (read !== undefined) this.#edits.swap(node.start, node.end, read)
      this.#editOperator(writer)
      return
    }
    if (writer?.type === 'UpdateExpression') {
      this.#edits.insertFirst(writer.start, `(${read ?? name},`)
      this.#edits.insert(writer.end, ')')
    }
    this.#edits.replace(node.start, node.end, shorthand ? `${name}:${constant}` : constant)
  }

  /** `a ||= b` becomes `a ||(constant= b)`, and `a += b` becomes `constant=a +( b)`. */
  #editOperator({ start, end, left, right, operator }: Node): void {
    const { constant } = this.#names
    const isLogical = /^(?:&&|\|\||\?\?)=/.test(operator)
    const at = left.end + BEFORE_OPERATOR.exec(this.#slice(left.end, right.start))![0].length
    const plain = operator.slice(0, -1)
    if (!isLogical) this.#edits.insertFirst(start, `${constant}=`)
    this.#edits.swap(at, at + operator.length, isLogical ? `${plain}(${constant}=` : `${plain}(`)
    this.#edits.insert(end, ')')
  }

  #editWriter(writer: Node, notifiers: readonly string[]): void {
    if (/^For/.test(writer.type)) {
      const calls = notifiers.map((name) => `${name}();`).join('')
      const { body } = writer
      if (body.type === 'BlockStatement') {
        this.#edits.insert(body.start + 1, calls)
        return
      }
      this.#edits.insertFirst(body.start, `{${calls}`)
      this.#edits.insert(body.end, '}')
      return
    }
    this.#edits.insertFirst(writer.start, notifiers.map((name) => `${name}(`).join(''))
    if (writer.type === 'AssignmentExpression') this.#edits.slack(writer.left.end, writer.right.start)
    this.#edits.insert(writer.end, ')'.repeat(notifiers.length))
  }
}

/** Names that have their value after a statement of the top level, and not before. */
function declaredNames(node: Node): string[] {
  const declaration = node.declaration ?? node
  switch (declaration.type) {
    case 'VariableDeclaration':
      return declaration.declarations.flatMap((each: Node) => [...boundNames(each.id)].map((id) => id.name))
    case 'ClassDeclaration':
      return [declaration.id?.name ?? '*default*']
    case 'FunctionDeclaration':
      return []
    default:
      return node.type === 'ExportDefaultDeclaration' ? ['*default*'] : []
  }
}
