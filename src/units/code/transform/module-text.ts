import type { HotUse, IndirectExport, Links, LocalExport, Request, Slot } from '../artifact.ts'
import { type Declarations, type ImportBinding, SourceError } from './declarations.ts'
import { Edits, type Shift } from './edits.ts'
import { hotCall } from './hot-use.ts'
import { FreshNames } from './names.ts'
import { boundNames, type Node } from './nodes.ts'
import type { Mention, ScopeReport } from './scopes.ts'

/** The script that a module becomes. */
export interface PrintedModule {
  readonly code: string
  /** characters that stand in front of the file's first column */
  readonly columnOffset: number
  readonly shifts?: readonly Shift[]
}

interface NamedSlot extends Slot {
  readonly variable: string
}

/**
 * A parsed module, and how it is printed as a script: a generator function that is
 * run to its first `yield` when the module is linked (its functions exist then, as
 * they do in a native module) and to its end when it is evaluated. Imports are
 * variables of that function, so a call through an import is a call of a variable.
 */
export class ModuleText {
  readonly isAsync: boolean
  readonly declarations: Declarations
  readonly #source: string
  readonly #program: Node
  readonly #scopes: ScopeReport
  readonly #names: FreshNames
  readonly #slots: NamedSlot[] = []
  readonly #locals: LocalExport[] = []
  readonly #indirect: IndirectExport[]
  readonly #imported: Record<string, number[]> = {}
  /** local name to what its writes are wrapped in */
  readonly #notifiers = new Map<string, string>()
  #announcers: string[] = []
  readonly #views = new Map<string, string>()
  readonly #handle: string
  readonly #index: string
  readonly #value: string
  readonly #constant: string
  readonly #default: string

  /** @param lenient names that are only mentioned in types may be missing (TypeScript) */
  constructor(
    source: string,
    program: Node,
    declarations: Declarations,
    scopes: ScopeReport,
    lenient: boolean,
  ) {
    this.#source = source
    this.#program = program
    this.declarations = declarations
    this.#scopes = scopes
    this.isAsync = scopes.topLevelAwait !== undefined
    this.#names = new FreshNames(source)
    this.#handle = this.#names.next()
    this.#index = this.#names.next()
    this.#value = this.#names.next()
    this.#constant = this.#names.next()
    this.#default = this.#names.next()
    this.#indirect = [...declarations.indirect]
    this.#collectSlots(lenient)
    this.#collectExports(lenient)
  }

  /** Whether the text has decorators, which V8 does not know. */
  get hasDecorators(): boolean {
    return this.#scopes.hasDecorators
  }

  /** Whether the text can only be an ES module. */
  get hasModuleSyntax(): boolean {
    return (
      this.#scopes.metas.length > 0 ||
      this.isAsync ||
      this.#program.body.some((node: Node) => /^(?:Import|Export)/.test(node.type))
    )
  }

  links(requests: readonly Request[], lazy: readonly Request[], guarded: ReadonlySet<number>): Links {
    return {
      requests,
      lazy,
      slots: this.#slots.map(({ variable: _, ...slot }) =>
        guarded.has(slot.request) ? { ...slot, guarded: true } : slot,
      ),
      locals: this.#locals,
      indirect: this.#indirect,
      stars: this.declarations.stars,
      uses: this.#uses(),
      imported: this.#imported,
      circular: guarded.size > 0,
      ...this.#hotUse(requests, lazy),
    }
  }

  #hotUse(requests: readonly Request[], lazy: readonly Request[]): { hot?: HotUse } {
    const uses = this.#scopes.metas.flatMap((meta) => hotCall(this.#source.slice(meta.end)) ?? [])
    if (uses.length === 0) return {}
    const specifiers = new Set(uses.flatMap((use) => use.specifiers))
    const accepts = [...requests, ...lazy]
      .filter((each) => specifiers.has(each.specifier))
      .map((each) => each.id)
    return { hot: { self: uses.some((use) => use.self), accepts } }
  }

  /** Literal specifiers of `import()`. */
  *dynamicSpecifiers(): Generator<string> {
    for (const { source } of this.#scopes.dynamicImports) {
      if (source.type === 'Literal' && typeof source.value === 'string') {
        yield source.value
      }
    }
  }

  #mentionsByName(): Map<string, Mention[]> {
    const byName = new Map<string, Mention[]>()
    for (const mention of this.#scopes.mentions) {
      const list = byName.get(mention.name)
      if (list) list.push(mention)
      else byName.set(mention.name, [mention])
    }
    return byName
  }

  #collectSlots(lenient: boolean): void {
    const mentions = this.#mentionsByName()
    const exported = new Set(this.declarations.exports.map((binding) => binding.local))
    for (const binding of this.declarations.imports.values()) {
      const found = mentions.get(binding.local) ?? []
      if (found.length === 0 && exported.has(binding.local)) continue
      this.#imported[binding.local] = []
      if (binding.imported === '*') this.#namespaceSlots(binding, found)
      else this.#addSlot(binding, 'value', binding.local, lenient && found.length === 0)
    }
  }

  #namespaceSlots(binding: ImportBinding, mentions: readonly Mention[]): void {
    if (mentions.some((mention) => mention.kind === 'member')) {
      const variable = this.#names.like(binding.local)
      this.#views.set(binding.local, variable)
      this.#addSlot(binding, 'view', variable, false)
    }
    if (mentions.some((mention) => mention.kind === 'read')) {
      this.#addSlot(binding, 'namespace', binding.local, false)
    }
  }

  #addSlot(binding: ImportBinding, kind: Slot['kind'], variable: string, weak: boolean): void {
    this.#imported[binding.local]!.push(this.#slots.length)
    const slot = { request: binding.request, name: binding.imported, kind, variable }
    this.#slots.push(weak ? { ...slot, weak } : slot)
  }

  #collectExports(lenient: boolean): void {
    const written = new Set<string>()
    for (const { kind, name } of this.#scopes.mentions) if (kind === 'write') written.add(name)
    for (const { name, local, start } of this.declarations.exports) {
      const binding = this.declarations.imports.get(local)
      if (binding) {
        const indirect = { name, request: binding.request, imported: binding.imported }
        this.#indirect.push(lenient ? { ...indirect, weak: true } : indirect)
        continue
      }
      const declared = this.declarations.names.get(local)
      if (!declared && local !== '*default*') {
        if (lenient) continue
        throw new SourceError(`'${local}' is exported but not declared`, start)
      }
      const hoisted =
        this.#isHoistedDefault(local) || declared?.kind === 'function' || declared?.kind === 'var'
      const live = written.has(local)
      this.#locals.push({ name, local, hoisted, live })
      if (live && !this.#notifiers.has(local)) this.#notifiers.set(local, this.#names.next())
    }
  }

  #isHoistedDefault(local: string): boolean {
    if (local !== '*default*') return false
    return this.#program.body.some(
      (node: Node) =>
        node.type === 'ExportDefaultDeclaration' && node.declaration.type === 'FunctionDeclaration',
    )
  }

  #uses(): Record<string, string[]> {
    const uses: Record<string, Set<string>> = {}
    for (const { owner, name } of this.#scopes.mentions) {
      uses[owner] ??= new Set()
      uses[owner].add(name)
    }
    return Object.fromEntries(Object.entries(uses).map(([owner, names]) => [owner, [...names]]))
  }

  /** @param guarded requests whose slots have a scope of their own; @param cyclic tell of each new value */
  print(guarded: ReadonlySet<number>, cyclic: boolean): PrintedModule {
    const edits = new Edits(this.#source)
    this.#announcers = []
    if (this.#source.startsWith('#!')) edits.replace(0, this.#source.search(/[\n\r\u2028\u2029]|$/), '')
    // Mentions first: at one place, an expression is closed before its statement is.
    this.#editMentions(edits)
    for (const node of this.#program.body) this.#editStatement(edits, node, cyclic)
    for (const meta of this.#scopes.metas) edits.replace(meta.start, meta.end, `${this.#handle}.m`)
    for (const node of this.#scopes.dynamicImports)
      edits.replace(node.start, node.start + 6, `${this.#handle}.d`)
    const prefix = this.#prefix(guarded, cyclic)
    const { text, shifts } = edits.print()
    const code = prefix + text + this.#suffix(guarded)
    return { code, columnOffset: prefix.length, ...(shifts.length > 0 && { shifts }) }
  }

  #editStatement(edits: Edits, node: Node, cyclic: boolean): void {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
        edits.blank(node.start, node.end)
        return
      case 'ExportNamedDeclaration':
        if (!node.declaration) {
          edits.blank(node.start, node.end)
          return
        }
        edits.replace(node.start, node.start + 6, ';')
        break
      case 'ExportDefaultDeclaration':
        this.#editDefault(edits, node)
    }
    if (cyclic) this.#announce(edits, node)
  }

  #editDefault(edits: Edits, node: Node): void {
    const { declaration } = node
    const head = /^export(?:\s|\/\*[\s\S]*?\*\/|\/\/.*)*default\s*/.exec(
      this.#source.slice(node.start, node.end),
    )![0]
    const start = node.start + head.length
    if (declaration.id && /Declaration$/.test(declaration.type)) {
      edits.replace(node.start, start, ';')
      return
    }
    if (declaration.type === 'FunctionDeclaration') {
      const keyword = /^(?:async\s+)?function\s*\*?/.exec(this.#source.slice(start))![0]
      edits.swap(node.start, start, ';'.padEnd(head.length - this.#default.length - 1))
      edits.insert(start + keyword.length, ` ${this.#default}`)
      return
    }
    const ended = this.#source[node.end - 1] === ';' && declaration.end < node.end
    edits.swap(node.start, start, `let ${this.#default}={default:`.padEnd(head.length))
    edits.insert(ended ? node.end - 1 : node.end, ended ? '}' : '};')
  }

  /** In a cycle, importers wait for a value: the statement that gives it says so. */
  #announce(edits: Edits, node: Node): void {
    const indexes = this.#declaredBy(node)
      .flatMap((name) => this.#locals.map((local, index) => (local.local === name ? index : -1)))
      .filter((index) => index >= 0)
    if (indexes.length === 0) return
    const closed = this.#source[node.end - 1] === ';' ? '' : ';'
    const announcer = this.#names.next()
    this.#announcers.push(`const ${announcer}=()=>${this.#handle}.p(${indexes.join()});`)
    edits.insert(node.end, `${closed}${announcer}();`)
  }

  /** Names that have their value after a statement of the top level, and not before. */
  #declaredBy(node: Node): string[] {
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

  #editMentions(edits: Edits): void {
    const wrapped = new Map<Node, string[]>()
    for (const mention of this.#scopes.mentions) {
      if (mention.kind === 'member') {
        const view = this.#views.get(mention.name)
        if (view) edits.replace(mention.node.start, mention.node.end, view)
      } else if (mention.kind === 'write') {
        if (this.declarations.imports.has(mention.name)) this.#editConstant(edits, mention)
        const notifier = this.#notifiers.get(mention.name)
        if (!notifier) continue
        const list = wrapped.get(mention.writer!) ?? []
        wrapped.set(mention.writer!, list)
        if (!list.includes(notifier)) list.push(notifier)
      }
    }
    // Inner writers were met later, and are closed first.
    for (const [writer, notifiers] of [...wrapped].reverse()) this.#editWriter(edits, writer, notifiers)
  }

  /** An import that is written to throws as a constant does. */
  #editConstant(edits: Edits, { node, name, shorthand, writer }: Mention): void {
    const operator =
      writer?.type === 'AssignmentExpression' ? /^(?:&&|\|\||\?\?)(?==)/.exec(writer.operator)?.[0] : ''
    if (operator) {
      // These read first, and may then not write.
      edits.swap(writer!.left.end, writer!.right.start, `${operator}(${this.#constant}=`)
      edits.insert(writer!.end, ')')
      return
    }
    edits.replace(
      node.start,
      node.start + name.length,
      shorthand ? `${name}:${this.#constant}` : this.#constant,
    )
  }

  #editWriter(edits: Edits, writer: Node, notifiers: readonly string[]): void {
    if (/^For/.test(writer.type)) {
      const calls = notifiers.map((name) => `${name}();`).join('')
      const { body } = writer
      if (body.type === 'BlockStatement') {
        edits.insert(body.start + 1, calls)
        return
      }
      edits.insertFirst(body.start, `{${calls}`)
      edits.insert(body.end, '}')
      return
    }
    edits.insertFirst(writer.start, notifiers.map((name) => `${name}(`).join(''))
    if (writer.type === 'AssignmentExpression') edits.slack(writer.left.end, writer.right.start)
    edits.insert(writer.end, ')'.repeat(notifiers.length))
  }

  #guards(guarded: ReadonlySet<number>): NamedSlot[] {
    return this.#slots.filter((slot) => guarded.has(slot.request))
  }

  #prefix(guarded: ReadonlySet<number>, cyclic: boolean): string {
    const handle = this.#handle
    const depth = this.#guards(guarded).length
    const body = this.isAsync ? 'async function*' : 'function*'
    let text = `(${depth ? 'function*' : body}(${handle}){"use strict";`
    for (let level = 1; level <= depth; level++) text += `yield ${level === depth ? body : 'function*'}(){`
    if (
      this.#scopes.mentions.some(({ kind, name }) => kind === 'write' && this.declarations.imports.has(name))
    ) {
      text += `const ${this.#constant}=0;`
    }
    text += this.#announcers.join('')
    for (const [local, notifier] of this.#notifiers) text += this.#notifier(local, notifier)
    if (this.#isHoistedDefault('*default*') && this.#locals.some(({ local }) => local === '*default*')) {
      text += `${handle}.name(${this.#default});`
    }
    text += `${handle}.l(${this.#reader()},${this.#writer(guarded)});`
    const free = this.#slots.flatMap((slot, index) => (guarded.has(slot.request) ? [] : [{ slot, index }]))
    if (cyclic && free.length) text += `let ${free.map(({ slot }) => slot.variable).join()};`
    text += 'yield;'
    if (!cyclic && free.length) {
      text += `let ${free.map(({ slot, index }) => `${slot.variable}=${handle}.v[${index}]`).join()};`
    }
    return text
  }

  #suffix(guarded: ReadonlySet<number>): string {
    const handle = this.#handle
    const value = this.#value
    const levels = this.#guards(guarded).map((slot) => {
      const index = this.#slots.indexOf(slot)
      const { variable } = slot
      return `;let ${variable}=${handle}.v[${index}];${handle}.s(${index},${value}=>{${variable}=${value}})}`
    })
    return `\n}${levels.reverse().join('')})`
  }

  #notifier(local: string, notifier: string): string {
    const calls = this.#locals
      .map((each, index) => (each.local === local ? `${this.#handle}.n(${index},${local});` : ''))
      .join('')
    return `const ${notifier}=${this.#value}=>{${calls}return ${this.#value}};`
  }

  #reader(): string {
    if (this.#locals.length === 0) return '0'
    const named = this.#isHoistedDefault('*default*') ? this.#default : `${this.#default}.default`
    const cases = this.#locals.map(
      ({ local }, index) => `case ${index}:return ${local === '*default*' ? named : local};`,
    )
    return `${this.#index}=>{switch(${this.#index}){${cases.join('')}}}`
  }

  #writer(guarded: ReadonlySet<number>): string {
    const cases = this.#slots.map((slot, index) =>
      guarded.has(slot.request) ? '' : `case ${index}:${slot.variable}=${this.#value};return;`,
    )
    return cases.some(Boolean)
      ? `(${this.#index},${this.#value})=>{switch(${this.#index}){${cases.join('')}}}`
      : '0'
  }
}
