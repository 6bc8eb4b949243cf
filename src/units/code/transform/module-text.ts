import type { HotUse, IndirectExport, Links, LocalExport, Request, Slot } from '../artifact.ts'
import type { Outlined } from '../surface/outline.ts'
import { type Declarations, type ImportBinding, SourceError } from './declarations.ts'
import type { Shift } from './edits.ts'
import { hotCall } from './hot-use.ts'
import { FreshNames } from './names.ts'
import type { Node } from './nodes.ts'
import { type Naming, namingKey, PiecePrinter } from './piece-printer.ts'
import { namesOf, type Piece, type PrintedPiece } from './pieces.ts'
import type { Mention, Syntax } from './scopes.ts'
import { type Sum, sumOf } from './sum.ts'

/** The script that a module becomes. */
export interface PrintedModule {
  readonly code: string
  /** characters that stand in front of the file's first column */
  readonly columnOffset: number
  readonly shifts?: readonly Shift[]
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u

interface NamedSlot extends Slot {
  readonly variable: string
}

/**
 * What imports are taken for. In TypeScript a name that is only mentioned in types may be missing, and an
 * import of nothing else is dropped with the module it names, unless tsconfig.json says `verbatimModuleSyntax`.
 */
export type Dialect = 'javascript' | 'typescript' | 'verbatim'

/**
 * A parsed module, and how it is printed as a script: a generator function that is
 * run to its first `yield` when the module is linked (its functions exist then, as
 * they do in a native module) and to its end when it is evaluated. Imports are
 * variables of that function, so a call through an import is a call of a variable.
 */
export class ModuleText {
  readonly isAsync: boolean
  readonly declarations: Declarations
  readonly pieces: readonly Piece[]
  /** the whole text, without types */
  readonly text: string
  /** its declarations, with those of the imports that are dropped */
  readonly written: Declarations
  readonly #sum: Sum
  readonly #names: FreshNames
  readonly #slots: NamedSlot[] = []
  readonly #locals: LocalExport[] = []
  readonly #indirect: IndirectExport[]
  readonly #imported: Record<string, number[]> = Object.create(null)
  /** local name to what its writes are wrapped in */
  readonly #notifiers = new Map<string, string>()
  #announcers: string[] = []
  readonly #views = new Map<string, string>()
  readonly #callViews = new Map<string, string>()
  readonly #liveReads = new Map<string, string>()
  readonly #handle: string
  readonly #index: string
  readonly #value: string
  readonly #constant: string
  readonly #nobody: string
  readonly #default: string

  constructor(pieces: readonly Piece[], declarations: Declarations, dialect: Dialect) {
    this.pieces = pieces
    this.#sum = sumOf(pieces)
    this.text = this.#sum.text
    this.written = declarations
    this.declarations = dialect === 'typescript' ? declarations.without(this.#unused()) : declarations
    this.isAsync = this.#sum.hasAwait
    this.#names = new FreshNames(this.text)
    this.#handle = this.#names.next()
    this.#index = this.#names.next()
    this.#value = this.#names.next()
    this.#constant = this.#names.next()
    this.#nobody = this.#sum.hasStrayArguments ? this.#names.like('arguments') : ''
    this.#default = dialect !== 'javascript' && this.#isDefaultType() ? '' : this.#names.next()
    this.#indirect = this.declarations.indirect.map(({ name, request, imported }) => {
      return { name, request, imported }
    })
    const lenient = dialect !== 'javascript'
    this.#collectSlots(lenient)
    this.#collectExports(lenient)
  }

  /**
   * Imports of packages whose values change are read from the namespace each time.
   * @param live their local names
   */
  readLive(live: ReadonlySet<string>): void {
    for (const [index, slot] of this.#slots.entries()) {
      if (slot.kind !== 'value' || !live.has(slot.variable) || this.#liveReads.has(slot.variable)) continue
      const variable = this.#names.next()
      const key = IDENTIFIER.test(slot.name) ? `.${slot.name}` : `[${JSON.stringify(slot.name)}]`
      this.#liveReads.set(slot.variable, variable + key)
      // What `eval` mentions needs a variable of its name, too.
      const at = this.#sum.hasEval ? this.#slots.length : index
      if (at !== index) this.#imported[slot.variable]!.push(at)
      this.#slots[at] = { ...slot, kind: 'view', variable }
    }
  }

  has(syntax: Syntax): boolean {
    return this.#sum.syntax.has(syntax)
  }

  /** Names that the file declares or imports. */
  get names(): ReadonlySet<string> {
    return namesOf(this.written)
  }

  /** Whether the text can only be an ES module. */
  get hasModuleSyntax(): boolean {
    return (
      this.isAsync || this.#sum.hasMeta || this.#someStatement((node) => /^(?:Import|Export)/.test(node.type))
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
      uses: Object.fromEntries(this.#sum.uses),
      imported: { ...this.#imported },
      circular: guarded.size > 0,
      ...this.#hotUse(requests, lazy),
    }
  }

  #hotUse(requests: readonly Request[], lazy: readonly Request[]): { hot?: HotUse } {
    if (!this.#sum.hasMeta) return {}
    const uses = this.pieces.flatMap(({ scopes, text, origin }) =>
      scopes.metas.flatMap((meta) => hotCall(text.slice(meta.end - origin)) ?? []),
    )
    if (uses.length === 0) return {}
    const specifiers = new Set(uses.flatMap((use) => use.specifiers))
    const accepts = [...requests, ...lazy]
      .filter((each) => specifiers.has(each.specifier))
      .map((each) => each.id)
    return { hot: { self: uses.some((use) => use.self), accepts } }
  }

  /** Literal specifiers of `import()`. */
  *dynamicSpecifiers(): Generator<string> {
    for (const { source } of this.#sum.dynamicImports) {
      if (source.type === 'Literal' && typeof source.value === 'string') {
        yield source.value
      }
    }
  }

  /** Requests for names that are mentioned in types at most. */
  #unused(): Set<number> {
    const { imports, exports, requests } = this.written
    const unused = new Set([...imports.values()].map(({ request }) => request))
    for (const [index, { empty }] of requests.entries()) if (empty) unused.add(index)
    if (unused.size === 0 || this.#sum.hasEval) return new Set()
    const exported = exports.map(({ local }) => local)
    for (const name of [exported, ...this.#sum.uses.values()].flat()) {
      const binding = imports.get(name)
      if (binding) unused.delete(binding.request)
    }
    return unused
  }

  /** Mentions of what is imported. */
  #mentionsByName(): Map<string, Mention[]> {
    const byName = new Map<string, Mention[]>()
    const { imports } = this.declarations
    if (imports.size === 0) return byName
    for (const mention of this.pieces.flatMap((piece) => piece.scopes.mentions)) {
      if (!imports.has(mention.name)) continue
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
      if (found.length === 0 && exported.has(binding.local) && !this.#sum.hasEval) continue
      this.#imported[binding.local] = []
      if (binding.imported === '*') this.#namespaceSlots(binding, found)
      else this.#addSlot(binding, 'value', binding.local, lenient && found.length === 0)
    }
  }

  #namespaceSlots(binding: ImportBinding, mentions: readonly Mention[]): void {
    const members = mentions.filter((mention) => mention.kind === 'member')
    if (members.some((mention) => !mention.isCalled)) this.#viewSlot(binding, 'view', this.#views)
    if (members.some((mention) => mention.isCalled)) this.#viewSlot(binding, 'calls', this.#callViews)
    // What is written to may be read first.
    if (this.#sum.hasEval || mentions.some((mention) => mention.kind !== 'member')) {
      this.#addSlot(binding, 'namespace', binding.local, false)
    }
  }

  #viewSlot(binding: ImportBinding, kind: 'view' | 'calls', variables: Map<string, string>): void {
    const variable = this.#names.like(binding.local)
    variables.set(binding.local, variable)
    this.#addSlot(binding, kind, variable, false)
  }

  #addSlot(binding: ImportBinding, kind: Slot['kind'], variable: string, weak: boolean): void {
    this.#imported[binding.local]!.push(this.#slots.length)
    const slot = { request: binding.request, name: binding.imported, kind, variable }
    this.#slots.push(weak ? { ...slot, weak } : slot)
  }

  #collectExports(lenient: boolean): void {
    for (const { name, local, start } of this.declarations.exports) {
      if (local === '*default*' && this.#default === '') continue
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
      const isWritten = this.#sum.written.has(local)
      this.#locals.push({ name, local, hoisted, live: isWritten || this.#sum.hasEval })
      if (isWritten && !this.#notifiers.has(local)) this.#notifiers.set(local, this.#names.next())
    }
  }

  /** What an outline is made of. @param original the text of `file`, types and all */
  outlined(file: string, original: string): Omit<Outlined, 'topLevel'> {
    const locals = this.#locals.map(({ local }) => local)
    const { imports } = this.declarations
    return { file, locals, imports, parsed: this.text, original }
  }

  /** Whether the default export is an interface or another type that is declared here. */
  #isDefaultType(): boolean {
    return this.#someStatement(({ type, declaration }) => {
      if (type !== 'ExportDefaultDeclaration' || declaration.type !== 'Identifier') return false
      const { name } = declaration
      if (this.declarations.names.has(name) || this.declarations.imports.has(name)) return false
      const declared = new RegExp(`\\b(?:interface|type)\\s+${name.replaceAll('$', '\\$')}(?![\\w$])`)
      return this.pieces.some(({ source }) => declared.test(source))
    })
  }

  #isHoistedDefault(local: string): boolean {
    if (local !== '*default*') return false
    return this.#someStatement(
      (node) => node.type === 'ExportDefaultDeclaration' && node.declaration.type === 'FunctionDeclaration',
    )
  }

  #someStatement(test: (node: Node) => boolean): boolean {
    return this.pieces.some((piece) => piece.statements.some(test))
  }

  /** @param guarded requests whose slots have a scope of their own; @param cyclic tell of each new value */
  print(guarded: ReadonlySet<number>, cyclic: boolean): PrintedModule {
    const printed = this.#printPieces(cyclic)
    const prefix = this.#prefix(guarded, cyclic)
    const code = prefix + printed.map((piece) => piece.text).join('') + this.#suffix(guarded)
    const shifts = this.#shifts(printed)
    return { code, columnOffset: prefix.length, ...(shifts.length > 0 && { shifts }) }
  }

  /** Pieces that no edit touched are printed as they were, unless they use a name that is another now. */
  #printPieces(cyclic: boolean): PrintedPiece[] {
    const naming: Naming = {
      handle: this.#handle,
      constant: this.#constant,
      nobody: this.#nobody,
      default: this.#default,
      views: this.#views,
      callViews: this.#callViews,
      liveReads: this.#liveReads,
      notifiers: this.#notifiers,
      imports: this.declarations.imports,
    }
    this.#announcers = []
    const announce = (names: readonly string[]): string => this.#announcerOf(names)
    const key = namingKey(naming, this.#sum.written)
    return this.pieces.map((piece, index) => {
      if (!cyclic && piece.printed?.key === key) return piece.printed
      const printer = new PiecePrinter(piece, naming, cyclic ? announce : undefined)
      const printed = { key, ...printer.print(index === 0) }
      if (!cyclic) piece.printed = printed
      return printed
    })
  }

  #shifts(printed: readonly PrintedPiece[]): Shift[] {
    let line = 0
    return printed.flatMap(({ shifts }, index) => {
      const before = line
      line += this.pieces[index]!.breaks
      return shifts.map(([at, column, by]): Shift => [before + at, column, by])
    })
  }

  /** In a cycle, importers wait for a value: the statement that gives it says so, by calling this. */
  #announcerOf(names: readonly string[]): string {
    const indexes = names
      .flatMap((name) => this.#locals.map((local, index) => (local.local === name ? index : -1)))
      .filter((index) => index >= 0)
    if (indexes.length === 0) return ''
    const announcer = this.#names.next()
    this.#announcers.push(`const ${announcer}=()=>${this.#handle}.p(${indexes.join()});`)
    return announcer
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
    if ([...this.#sum.written].some((name) => this.declarations.imports.has(name))) {
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
