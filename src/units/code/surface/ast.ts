import { extname } from 'node:path'
import * as acorn from 'acorn'
import { parseModule } from 'meriyah'
import { SourceError } from '../transform/declarations.ts'
import { compileAll, compileSyntax } from '../transform/fallback.ts'
import type { Node } from '../transform/nodes.ts'
import { stripTypes, UnsupportedByStripping } from '../transform/strip.ts'

/** The syntax tree of a file, and the text that its offsets count in. */
export interface Ast {
  readonly program: Node
  readonly parsed: string
}

const TYPESCRIPT = new Set(['.ts', '.mts'])
const JAVASCRIPT = new Set(['.js', '.mjs'])

/** Whether a file is one whose source can be looked at: an ES module, most likely. */
export const hasAst = (file: string): boolean => {
  const extension = extname(file)
  return TYPESCRIPT.has(extension) || JAVASCRIPT.has(extension) || extension.endsWith('sx')
}

/** Parses a module as the loader does. @throws SourceError with the offset */
export function astOf(file: string, source: string): Ast {
  const extension = extname(file)
  if (JAVASCRIPT.has(extension)) return { program: parse(source), parsed: source }
  const parsed = extension.endsWith('sx')
    ? compileAll(file, source, undefined).code
    : withoutTypes(file, source)
  return { program: parse(parsed), parsed }
}

function withoutTypes(file: string, source: string): string {
  try {
    return stripTypes(source)
  } catch (error) {
    if (!(error instanceof UnsupportedByStripping)) throw error
    return (compileSyntax(source) ?? compileAll(file, source, undefined)).code
  }
}

function parse(text: string): Node {
  try {
    return parseModule(text, { next: true, ranges: true }) as unknown as Node
  } catch {
    return parseThoroughly(text)
  }
}

/** In TypeScript an export that nothing declares may be a type. */
class Thorough extends acorn.Parser {
  checkLocalExport(): void {}
}

function parseThoroughly(text: string): Node {
  try {
    return Thorough.parse(text, { ecmaVersion: 'latest', sourceType: 'module' }) as unknown as Node
  } catch (error) {
    const { pos, message } = error as { pos?: number; message: string }
    if (typeof pos !== 'number') throw error
    throw new SourceError(message.replace(/ \(\d+:\d+\)$/, ''), pos)
  }
}
