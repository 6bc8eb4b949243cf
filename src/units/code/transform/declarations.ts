import { boundNames, type Node, nameOf } from './nodes.ts'

/** One `from '...'` as written. */
export interface SourceRequest {
  readonly specifier: string
  readonly type: string | undefined
  /** an import attribute other than `type` */
  readonly unknownAttribute?: string
  /** it has an empty list of names: in TypeScript, where there were types */
  readonly empty?: true
  readonly start: number
}

export interface ImportBinding {
  readonly local: string
  readonly request: number
  /** `*` is the namespace */
  readonly imported: string
  readonly start: number
}

export interface ExportBinding {
  readonly name: string
  readonly local: string
  readonly start: number
}

export interface TopLevelName {
  readonly kind: 'var' | 'function' | 'class' | 'lexical'
  readonly start: number
}

/** What the top level of a module, or of a piece of one, says, before it is known which file a specifier means. */
export class Declarations {
  readonly requests: SourceRequest[] = []
  readonly imports = new Map<string, ImportBinding>()
  /** exports of a variable: the module's own, or an imported one */
  readonly exports: ExportBinding[] = []
  readonly indirect: { name: string; request: number; imported: string; start: number }[] = []
  readonly stars: number[] = []
  readonly names = new Map<string, TopLevelName>()
  readonly #exported = new Set<string>()

  readonly #text: string

  /** @param text what the offsets of the statements count in */
  constructor(statements: readonly Node[], text = '') {
    this.#text = text
    for (const node of statements) this.#statement(node)
  }

  /** Those of a whole module, from the declarations of its pieces. @throws SourceError for a name that two have */
  static merge(parts: readonly { readonly declared: Declarations; readonly shift: number }[]): Declarations {
    const whole = new Declarations([])
    for (const { declared, shift } of parts) whole.#add(declared, shift)
    return whole
  }

  /** The same without some of the requests, and the names that they import. */
  without(dropped: ReadonlySet<number>): Declarations {
    if (dropped.size === 0) return this
    const rest = new Declarations([])
    const places = new Map<number, number>()
    for (const [index, request] of this.requests.entries()) {
      if (!dropped.has(index)) places.set(index, rest.requests.push(request) - 1)
    }
    for (const [local, binding] of this.imports) {
      const request = places.get(binding.request)
      if (request !== undefined) rest.imports.set(local, { ...binding, request })
    }
    rest.exports.push(...this.exports)
    for (const each of this.indirect) rest.indirect.push({ ...each, request: places.get(each.request)! })
    rest.stars.push(...this.stars.map((star) => places.get(star)!))
    for (const [name, known] of this.names) rest.names.set(name, known)
    return rest
  }

  /** @param shift what makes offsets of the part offsets of the module */
  #add(part: Declarations, shift: number): void {
    const base = this.requests.length
    for (const request of part.requests) this.requests.push({ ...request, start: request.start + shift })
    for (const binding of part.imports.values()) {
      this.#bind({ ...binding, request: binding.request + base }, binding.start + shift)
    }
    for (const { name, local, start } of part.exports) this.#export(name, local, start + shift)
    for (const { name, request, imported, start } of part.indirect) {
      this.#show(name, request + base, imported, start + shift)
    }
    for (const star of part.stars) this.stars.push(star + base)
    for (const [name, { kind, start }] of part.names) this.#name(name, kind, start + shift)
  }

  #statement(node: Node): void {
    switch (node.type) {
      case 'ImportDeclaration':
        this.#import(node)
        return
      case 'ExportAllDeclaration': {
        const request = this.#request(node)
        if (!node.exported) this.stars.push(request)
        else this.#indirect(node.exported, request, '*')
        return
      }
      case 'ExportNamedDeclaration':
        if (node.declaration) {
          this.#exportDeclaration(node.declaration)
          return
        }
        if (node.source) {
          this.#reexport(node)
          return
        }
        for (const specifier of node.specifiers) {
          this.#export(nameOf(specifier.exported), nameOf(specifier.local), specifier.start)
        }
        return
      case 'ExportDefaultDeclaration': {
        const id = isDeclaration(node.declaration) ? node.declaration.id : undefined
        if (id) this.#declare(node.declaration)
        this.#export('default', id?.name ?? '*default*', node.start)
        return
      }
      default:
        this.#declare(node)
    }
  }

  #import(node: Node): void {
    if (node.phase) throw new SourceError(`'import ${node.phase}' is not supported`, node.start)
    const request = this.#request(node)
    for (const specifier of node.specifiers) {
      const imported =
        specifier.type === 'ImportSpecifier'
          ? nameOf(specifier.imported)
          : specifier.type === 'ImportDefaultSpecifier'
            ? 'default'
            : '*'
      const local: string = specifier.local.name
      this.#bind({ local, request, imported, start: specifier.start }, specifier.start)
    }
  }

  #bind(binding: ImportBinding, start: number): void {
    const { local } = binding
    if (this.imports.has(local)) throw duplicate(`'${local}' is imported twice`, start)
    if (this.names.has(local)) throw declaredTwice(local, start)
    this.imports.set(local, { ...binding, start })
  }

  #request(node: Node): number {
    const type = node.attributes?.find((attribute: Node) => nameOf(attribute.key) === 'type')
    const other = node.attributes?.find((attribute: Node) => attribute !== type)
    this.requests.push({
      specifier: node.source.value,
      type: type && String(type.value.value),
      start: node.source.start,
      ...(other && { unknownAttribute: nameOf(other.key) }),
      ...(this.#isEmpty(node) && { empty: true as const }),
    })
    return this.requests.length - 1
  }

  #isEmpty({ specifiers, start, source }: Node): boolean {
    return specifiers?.length === 0 && this.#text.slice(start, source.start).includes('{')
  }

  #reexport(node: Node): void {
    const request = this.#request(node)
    for (const specifier of node.specifiers) {
      this.#indirect(specifier.exported, request, nameOf(specifier.local))
    }
  }

  #indirect(exported: Node, request: number, imported: string): void {
    this.#show(nameOf(exported), request, imported, exported.start)
  }

  #show(name: string, request: number, imported: string, start: number): void {
    this.#once(name, start)
    this.indirect.push({ name, request, imported, start })
  }

  #exportDeclaration(node: Node): void {
    this.#declare(node)
    if (node.type === 'VariableDeclaration') {
      for (const declarator of node.declarations) {
        for (const id of boundNames(declarator.id)) this.#export(id.name, id.name, id.start)
      }
    } else this.#export(node.id.name, node.id.name, node.id.start)
  }

  #export(name: string, local: string, start: number): void {
    this.#once(name, start)
    this.exports.push({ name, local, start })
  }

  #once(name: string, start: number): void {
    if (this.#exported.has(name)) throw duplicate(`'${name}' is exported twice`, start)
    this.#exported.add(name)
  }

  #declare(node: Node): void {
    switch (node.type) {
      case 'FunctionDeclaration':
        this.#name(node.id.name, 'function', node.id.start)
        return
      case 'ClassDeclaration':
        this.#name(node.id.name, 'class', node.id.start)
        return
      case 'VariableDeclaration':
        for (const declarator of node.declarations) {
          for (const id of boundNames(declarator.id)) {
            this.#name(id.name, node.kind === 'var' ? 'var' : 'lexical', id.start)
          }
        }
        return
      default:
        this.#nestedVars(node)
    }
  }

  /** In a function's body, which the module becomes, V8 would let two functions have one name. */
  #name(name: string, kind: TopLevelName['kind'], start: number): void {
    const known = this.names.get(name)
    if (this.imports.has(name) || (known && !(kind === 'var' && known.kind === 'var'))) {
      throw declaredTwice(name, start)
    }
    this.names.set(name, { kind, start })
  }

  /** `var` in a block of the top level belongs to the top level. */
  #nestedVars(node: Node): void {
    if (/Expression|Function|Class/.test(node.type)) return
    if (node.type === 'VariableDeclaration') {
      if (node.kind === 'var') this.#declare(node)
      return
    }
    for (const key of [
      'body',
      'consequent',
      'alternate',
      'block',
      'handler',
      'finalizer',
      'init',
      'left',
      'cases',
    ]) {
      const child = node[key]
      if (Array.isArray(child)) for (const each of child) this.#nestedVars(each)
      else if (child?.type) this.#nestedVars(child)
    }
  }
}

export const isDeclaration = (node: Node): boolean =>
  node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration'

/** A syntax error at an offset; the stager turns the offset into line and column. */
export class SourceError extends Error {
  readonly offset: number
  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

const duplicate = (message: string, offset: number) => new SourceError(message, offset)

const declaredTwice = (name: string, offset: number) =>
  duplicate(`Identifier '${name}' has already been declared`, offset)
