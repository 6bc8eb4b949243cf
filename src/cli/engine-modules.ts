/** How modules of an engine's process differ from Node's own: its TypeScript runs, and tickswap is found. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { OWN_MODULES } from './own-package.ts'
import { stripTypes } from './strip-types.ts'

/** What a module hook gives back for a file. */
export interface Loaded {
  readonly format: 'module' | 'commonjs'
  readonly source: string
  readonly shortCircuit: true
}

/** The file as JavaScript; nothing if it is no TypeScript or belongs to a package. */
export function loadTypeScript(url: string): Loaded | undefined {
  const extension = /^file:[^?#]*(\.[cm]?ts)(?:[?#]|$)/.exec(url)?.[1]
  if (!extension || url.includes('/node_modules/')) return undefined
  const file = fileURLToPath(url)
  const source = stripTypes(readFileSync(file, 'utf8'), file)
  return { format: extension === '.cts' ? 'commonjs' : 'module', source, shortCircuit: true }
}

/**
 * Where tickswap is, for an import that Node could not resolve.
 * @throws the error itself if it is about something else
 */
export function findOwn(specifier: string, error: unknown): { url: string; shortCircuit: true } {
  const url = OWN_MODULES.get(specifier)
  if (url && (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') {
    return { url, shortCircuit: true }
  }
  throw error
}
