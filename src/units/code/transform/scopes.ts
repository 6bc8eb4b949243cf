import { boundNames, forEachChild, type Node } from './nodes.ts'

/** How a name of the module's top level is mentioned. */
export interface Mention {
  readonly name: string
  readonly node: Node
  /** `member`: the object of `name.property`, read and no more */
  readonly kind: 'read' | 'member' | 'write'
  /** of a write: the expression or loop that writes */
  readonly writer?: Node
  /** the property of `{ name }`, or of `{ name } = ...`, which stands for key and value at once */
  readonly shorthand?: boolean
  /** of a member: the property's name */
  readonly property?: string
  /** it is called: a name that is read, or what a member names, with the object as `this` */
  readonly isCalled?: true
  /** the top-level binding whose code this is; '' for what runs when the module is evaluated */
  readonly owner: string
}

/** Syntax that V8 may not know, or that tsconfig.json may have a say in. */
export type Syntax = 'decorators' | 'accessors' | 'using' | 'fields'

export interface ScopeReport {
  readonly mentions: readonly Mention[]
  readonly metas: readonly Node[]
  readonly dynamicImports: readonly Node[]
  /** the first `await` outside of a function */
  readonly topLevelAwait: Node | undefined
  readonly syntax: ReadonlySet<Syntax>
  /** `arguments` where no function has any */
  readonly strayArguments: readonly Node[]
  /** direct calls of `eval`, which sees what the module sees */
  readonly evals: readonly Node[]
  /** where literals that are numbers begin and end, in turn; keys of objects and classes are not among them */
  readonly numbers: readonly number[]
}

interface Scope {
  readonly parent: Scope | undefined
  readonly isFunction: boolean
  readonly names: Set<string>
  readonly pending: Mention[]
}

/** Calls of these do not run the functions they are given. */
const INERT = new Set(['defineUnit'])

/** Every function that is not an arrow has it as a name of its own. */
const ARGUMENTS = 'arguments'

/**
 * Finds each mention of a top-level name, by scope, and the binding whose code
 * mentions it. A function written in code that runs at evaluation counts as run
 * when it is called, passed or constructed there, and otherwise as part of the
 * binding it is assigned to.
 */
export class ScopeWalker {
  readonly #interesting: ReadonlySet<string>
  readonly #mentions: Mention[] = []
  readonly #metas: Node[] = []
  readonly #dynamicImports: Node[] = []
  readonly #evals: Node[] = []
  readonly #numbers: number[] = []
  #topLevelAwait: Node | undefined
  #scope: Scope = { parent: undefined, isFunction: true, names: new Set(), pending: this.#mentions }
  readonly #syntax = new Set<Syntax>()
  #depth = 0
  #owner = ''
  /** who owns a function that is met while `#owner` is '' */
  #holder = ''

  /** @param interesting names of the top level: imports, declarations, exports */
  constructor(interesting: ReadonlySet<string>) {
    this.#interesting = new Set(interesting).add(ARGUMENTS)
  }

  /** @param statements of the top level */
  walk(statements: readonly Node[]): ScopeReport {
    for (const statement of statements) this.#statement(statement)
    const isStray = (mention: Mention) => mention.name === ARGUMENTS
    return {
      mentions: this.#mentions.filter((mention) => !isStray(mention)),
      strayArguments: this.#mentions.filter(isStray).map((mention) => mention.node),
      evals: this.#evals,
      numbers: this.#numbers,
      metas: this.#metas,
      dynamicImports: this.#dynamicImports,
      topLevelAwait: this.#topLevelAwait,
      syntax: this.#syntax,
    }
  }

  #statement(node: Node): void {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
        return
      case 'ExportNamedDeclaration':
        if (node.declaration) this.#statement(node.declaration)
        return
      case 'ExportDefaultDeclaration':
        this.#held(node.declaration.id?.name ?? '*default*', () => this.#visit(node.declaration))
        return
      case 'VariableDeclaration':
        this.#kind(node)
        for (const declarator of node.declarations) this.#declarator(declarator)
        return
      case 'FunctionDeclaration':
      case 'ClassDeclaration':
        this.#held(node.id.name, () => this.#visit(node))
        return
      case 'ExpressionStatement':
        this.#held(assignedRoot(node.expression), () => this.#visit(node.expression))
        return
      default:
        this.#visit(node)
    }
  }

  #declarator(node: Node): void {
    const names = [...boundNames(node.id)].map((id) => id.name as string)
    this.#held(names[0] ?? '', () => {
      this.#pattern(node.id, undefined)
      if (node.init) this.#visit(node.init)
    })
    const [first] = names
    if (!first) return
    for (const name of names.slice(1)) {
      this.#mentions.push({ name: first, node: node.id, kind: 'read', owner: name })
    }
  }

  #held(holder: string, run: () => void): void {
    const before = this.#holder
    this.#holder = holder
    run()
    this.#holder = before
  }

  #enter(isFunction: boolean, run: () => void): void {
    const scope: Scope = { parent: this.#scope, isFunction, names: new Set(), pending: [] }
    const parent = this.#scope
    this.#scope = scope
    run()
    this.#scope = parent
    for (const mention of scope.pending) if (!scope.names.has(mention.name)) parent.pending.push(mention)
  }

  #declare(name: string, hoisted: boolean): void {
    let scope = this.#scope
    if (hoisted) while (!scope.isFunction && scope.parent) scope = scope.parent
    // At the top level the names are the ones looked for.
    if (scope.parent) scope.names.add(name)
  }

  #mention(node: Node, kind: Mention['kind'], more: Partial<Mention> = {}): void {
    if (!this.#interesting.has(node.name)) return
    this.#scope.pending.push({ name: node.name, node, kind, owner: this.#owner, ...more })
  }

  #visit = (node: Node): void => {
    switch (node.type) {
      case 'Identifier':
        return this.#mention(node, 'read')
      case 'MemberExpression':
        return this.#member(node, true)
      case 'BinaryExpression':
      case 'LogicalExpression':
        return this.#operators(node)
      case 'Property':
      case 'MethodDefinition':
        return this.#property(node)
      case 'PropertyDefinition':
      case 'AccessorProperty':
        return this.#field(node)
      case 'CallExpression':
      case 'NewExpression':
        return this.#call(node)
      case 'TaggedTemplateExpression':
        this.#held('', () => this.#callee(node.tag))
        return this.#held('', () => this.#visit(node.quasi))
      case 'AssignmentExpression':
        this.#target(node.left, node)
        return this.#visit(node.right)
      case 'UpdateExpression':
        return this.#target(node.argument, node)
      case 'UnaryExpression':
        return this.#unary(node)
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return this.#function(node)
      case 'ClassDeclaration':
      case 'ClassExpression':
        return this.#class(node)
      case 'StaticBlock':
        return this.#enter(true, () => this.#nested(() => node.body.forEach(this.#visit)))
      case 'AwaitExpression':
        return this.#await(node)
      case 'MetaProperty':
      case 'ImportExpression':
        return this.#import(node)
      default:
        this.#visitStatement(node)
    }
  }

  /** Statements, and what has no names of its own. */
  #visitStatement(node: Node): void {
    switch (node.type) {
      case 'VariableDeclaration':
        return this.#variables(node)
      case 'BlockStatement':
      case 'ForStatement':
        return this.#enter(false, () => forEachChild(node, this.#visit))
      case 'SwitchStatement':
        this.#visit(node.discriminant)
        return this.#enter(false, () => node.cases.forEach(this.#visit))
      case 'ForInStatement':
      case 'ForOfStatement':
        return this.#forEach(node)
      case 'CatchClause':
        return this.#catch(node)
      case 'LabeledStatement':
        return this.#visit(node.body)
      case 'Literal':
        if (typeof node.value === 'number') this.#numbers.push(node.start, node.end)
        return
      // Labels are no names.
      case 'BreakStatement':
      case 'ContinueStatement':
        return
      default:
        forEachChild(node, this.#visit)
    }
  }

  /** A long sum leans to the left, deeper than the stack is. */
  #operators(node: Node): void {
    const right: Node[] = []
    let at = node
    for (; at.type === 'BinaryExpression' || at.type === 'LogicalExpression'; at = at.left)
      right.push(at.right)
    this.#visit(at)
    for (const operand of right.reverse()) this.#visit(operand)
  }

  /** What `delete` names is not read. */
  #unary({ operator, argument }: Node): void {
    const target = argument.type === 'ChainExpression' ? argument.expression : argument
    if (operator === 'delete' && target.type === 'MemberExpression') this.#member(target, false)
    else this.#visit(argument)
  }

  #catch({ param, body }: Node): void {
    this.#enter(false, () => {
      if (param) this.#pattern(param, false)
      this.#visit(body)
    })
  }

  /** `import()` and `import.meta` */
  #import(node: Node): void {
    if (node.type === 'ImportExpression') this.#dynamicImports.push(node)
    else if (node.meta.name === 'import') this.#metas.push(node)
    if (node.type === 'ImportExpression') forEachChild(node, this.#visit)
  }

  #await(node: Node): void {
    this.#awaits(node)
    this.#visit(node.argument)
  }

  #awaits(node: Node): void {
    if (this.#depth === 0) this.#topLevelAwait ??= node
  }

  #member(node: Node, readOnly: boolean, isCalled = false): void {
    const plain = readOnly && !node.computed && node.property.type === 'Identifier'
    if (node.object.type === 'Identifier' && plain) {
      const property: string = node.property.name
      this.#mention(node.object, 'member', isCalled ? { property, isCalled } : { property })
    } else this.#visit(node.object)
    if (node.computed) this.#visit(node.property)
  }

  #decorators(node: Node): void {
    if (!node.decorators?.length) return
    this.#syntax.add('decorators')
    node.decorators.forEach(this.#visit)
  }

  #field(node: Node): void {
    if (node.type === 'AccessorProperty') this.#syntax.add('accessors')
    else if (!/^Private/.test(node.key.type)) this.#syntax.add('fields')
    this.#property(node)
  }

  #property(node: Node): void {
    this.#decorators(node)
    if (node.computed) this.#visit(node.key)
    if (!node.value) return
    if (node.type === 'Property' || node.type === 'MethodDefinition') {
      if (node.shorthand) this.#mention(node.value, 'read', { shorthand: true })
      else this.#visit(node.value)
      return
    }
    // A field's value is a function of its own: it has its own `await` rules, and runs per instance.
    this.#nested(() => (node.static ? this.#visit(node.value) : this.#owned(() => this.#visit(node.value))))
  }

  #call(node: Node): void {
    const inert = node.callee.type === 'Identifier' && INERT.has(node.callee.name)
    if (node.type === 'CallExpression') this.#held('', () => this.#callee(node.callee))
    else this.#held('', () => this.#visit(node.callee))
    if (node.callee.type === 'Identifier' && node.callee.name === 'eval') this.#evals.push(node)
    this.#held(inert ? this.#holder : '', () => node.arguments.forEach(this.#visit))
  }

  #callee(node: Node): void {
    if (node.type === 'MemberExpression') this.#member(node, true, true)
    else if (node.type === 'Identifier') this.#mention(node, 'read', { isCalled: true })
    else this.#visit(node)
  }

  /** Runs with a function's rules for `await`. */
  #nested(run: () => void): void {
    this.#depth++
    run()
    this.#depth--
  }

  /** Runs as code of the holder, when the code around it runs at evaluation. */
  #owned(run: () => void): void {
    const before = this.#owner
    if (before === '') this.#owner = this.#holder
    run()
    this.#owner = before
  }

  #function(node: Node): void {
    if (node.type === 'FunctionDeclaration' && node.id) this.#declare(node.id.name, false)
    const body = () =>
      this.#enter(true, () => {
        if (node.type !== 'ArrowFunctionExpression') this.#scope.names.add(ARGUMENTS)
        if (node.type === 'FunctionExpression' && node.id) this.#scope.names.add(node.id.name)
        for (const param of node.params) this.#pattern(param, true)
        // Defaults of parameters do not see what the body declares.
        const isSimple = node.params.every((param: Node) => param.type === 'Identifier')
        if (isSimple) this.#functionBody(node.body)
        else this.#enter(true, () => this.#functionBody(node.body))
      })
    this.#nested(() => this.#owned(body))
  }

  #functionBody(body: Node): void {
    if (body.type === 'BlockStatement') body.body.forEach(this.#visit)
    else this.#visit(body)
  }

  #class(node: Node): void {
    if (node.type === 'ClassDeclaration' && node.id) this.#declare(node.id.name, false)
    this.#decorators(node)
    this.#enter(false, () => {
      if (node.id) this.#scope.names.add(node.id.name)
      if (node.superClass) this.#visit(node.superClass)
      node.body.body.forEach(this.#visit)
    })
  }

  #variables(node: Node): void {
    this.#kind(node)
    for (const declarator of node.declarations) {
      this.#pattern(declarator.id, node.kind === 'var')
      if (declarator.init) this.#visit(declarator.init)
    }
  }

  #kind(node: Node): void {
    if (node.kind === 'await using') this.#awaits(node)
    if (/using$/.test(node.kind)) this.#syntax.add('using')
  }

  /** Declares a pattern's names and visits its defaults; `hoisted` undefined: the top level has them. */
  #pattern(node: Node, hoisted: boolean | undefined): void {
    switch (node.type) {
      case 'Identifier':
        if (hoisted !== undefined) this.#declare(node.name, hoisted)
        return
      case 'ObjectPattern':
        for (const property of node.properties) {
          if (property.computed) this.#visit(property.key)
          this.#pattern(property.value ?? property.argument, hoisted)
        }
        return
      case 'ArrayPattern':
        for (const element of node.elements) if (element) this.#pattern(element, hoisted)
        return
      case 'AssignmentPattern':
        this.#pattern(node.left, hoisted)
        this.#visit(node.right)
        return
      case 'RestElement':
        this.#pattern(node.argument, hoisted)
        return
      default:
        this.#visit(node)
    }
  }

  #target(node: Node, writer: Node, shorthand = false): void {
    switch (node.type) {
      case 'Identifier':
        this.#mention(node, 'write', { writer, shorthand })
        return
      case 'MemberExpression':
        this.#member(node, false)
        return
      case 'ObjectPattern':
        for (const property of node.properties) {
          if (property.computed) this.#visit(property.key)
          this.#target(property.value ?? property.argument, writer, property.shorthand === true)
        }
        return
      case 'ArrayPattern':
        for (const element of node.elements) if (element) this.#target(element, writer)
        return
      case 'AssignmentPattern':
        this.#target(node.left, writer, shorthand)
        this.#visit(node.right)
        return
      case 'RestElement':
        this.#target(node.argument, writer)
        return
      default:
        this.#visit(node)
    }
  }

  #forEach(node: Node): void {
    if (node.await) this.#awaits(node)
    this.#enter(false, () => {
      if (node.left.type === 'VariableDeclaration') this.#visit(node.left)
      else this.#target(node.left, node)
      this.#visit(node.right)
      this.#visit(node.body)
    })
  }
}

/** The variable that `a.b.c = ...` or `a = ...` puts something into, '' when it is none. */
function assignedRoot(node: Node): string {
  if (node.type !== 'AssignmentExpression') return ''
  let target: Node = node.left
  while (target.type === 'MemberExpression') target = target.object
  return target.type === 'Identifier' ? target.name : ''
}
