import { createRequire } from 'node:module'
import { Declarations, SourceError } from './declarations.ts'
import { ModuleText } from './module-text.ts'
import type { Node } from './nodes.ts'
import { ScopeWalker } from './scopes.ts'

const require = createRequire(import.meta.url)
const loaded = new Map<string, unknown>()

/** Parsers are loaded when they are needed: a start that finds its modules in the store does without. */
export function load<T>(parser: 'meriyah' | 'acorn'): T {
  if (!loaded.has(parser)) loaded.set(parser, require(parser))
  return loaded.get(parser) as T
}

/** Parses a module. @throws SourceError with the offset */
export function parseText(source: string, lenient: boolean): ModuleText {
  const program = parseProgram(source)
  const declarations = new Declarations(program)
  const names = new Set([...declarations.names.keys(), ...declarations.imports.keys()])
  return new ModuleText(source, program, declarations, new ScopeWalker(names).walk(program), lenient)
}

/** The fast parser decides nearly always; what it does not take, the thorough one decides. */
function parseProgram(source: string): Node {
  try {
    return load<typeof import('meriyah')>('meriyah').parseModule(source, {
      next: true,
      ranges: true,
    }) as unknown as Node
  } catch {
    return parseThoroughly(source)
  }
}

function parseThoroughly(source: string): Node {
  try {
    return load<typeof import('acorn')>('acorn').parse(source, {
      ecmaVersion: 'latest',
      sourceType: 'module',
    }) as unknown as Node
  } catch (error) {
    const { pos, message } = error as { pos?: number; message: string }
    if (typeof pos !== 'number') throw error
    throw new SourceError(message.replace(/ \(\d+:\d+\)$/, ''), pos)
  }
}

/** Line and column, from 1, of an offset. */
export function placeOf(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset).split(/\r\n|[\n\r\u2028\u2029]/)
  return { line: before.length, column: before.at(-1)!.length + 1 }
}
