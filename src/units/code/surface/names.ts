import type { IndirectExport, Links, LocalExport, Request } from '../artifact.ts'
import { plainLinks } from '../content/content.ts'
import { boundNames, type Node, nameOf } from '../transform/nodes.ts'

/** What a local name is imported from; `*` is the namespace. */
export interface Imported {
  readonly request: number
  readonly imported: string
}

/** What a module's top level imports and exports, by names. */
export interface Names {
  readonly specifiers: readonly string[]
  /** by local name */
  readonly imports: ReadonlyMap<string, Imported>
  readonly exports: readonly { readonly name: string; readonly local: string }[]
  readonly indirect: readonly IndirectExport[]
  readonly stars: readonly number[]
}

export function namesOf(program: Node): Names {
  const specifiers: string[] = []
  const imports = new Map<string, Imported>()
  const exports: { name: string; local: string }[] = []
  const indirect: IndirectExport[] = []
  const stars: number[] = []
  const request = (node: Node) => specifiers.push(node.source.value) - 1
  for (const node of program.body as Node[]) {
    if (node.type === 'ImportDeclaration') {
      const from = request(node)
      for (const each of node.specifiers)
        imports.set(each.local.name, { request: from, imported: importedName(each) })
    } else if (node.type === 'ExportAllDeclaration') {
      const from = request(node)
      if (node.exported) indirect.push({ name: nameOf(node.exported), request: from, imported: '*' })
      else stars.push(from)
    } else if (node.type === 'ExportDefaultDeclaration') {
      exports.push({ name: 'default', local: node.declaration.id?.name ?? '*default*' })
    } else if (node.type === 'ExportNamedDeclaration' && node.source) {
      const from = request(node)
      for (const { exported, local } of node.specifiers)
        indirect.push({ name: nameOf(exported), request: from, imported: nameOf(local) })
    } else if (node.type === 'ExportNamedDeclaration') exports.push(...exportsOf(node))
  }
  return { specifiers, imports, exports, indirect, stars }
}

function importedName(specifier: Node): string {
  if (specifier.type === 'ImportSpecifier') return nameOf(specifier.imported)
  return specifier.type === 'ImportDefaultSpecifier' ? 'default' : '*'
}

function exportsOf({ declaration, specifiers }: Node): { name: string; local: string }[] {
  if (!declaration)
    return specifiers.map((each: Node) => ({ name: nameOf(each.exported), local: nameOf(each.local) }))
  const ids: Node[] =
    declaration.type === 'VariableDeclaration'
      ? declaration.declarations.flatMap((each: Node) => [...boundNames(each.id)])
      : [declaration.id]
  return ids.map(({ name }) => ({ name, local: name }))
}

/** The same as the loader's links have it. What is exported and not declared is a type, and left out. */
export function linksOf(
  names: Names,
  declared: ReadonlyMap<string, Node>,
  requests: readonly Request[],
): Links {
  const indirect = [...names.indirect]
  const locals: LocalExport[] = []
  for (const { name, local } of names.exports) {
    const from = names.imports.get(local)
    if (from) indirect.push({ name, ...from })
    else if (declared.has(local)) locals.push({ name, local, hoisted: false, live: false })
  }
  return plainLinks([], { requests, locals, indirect, stars: names.stars })
}
