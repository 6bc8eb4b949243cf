import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { constants, Script } from 'node:vm'
import type { Artifact } from './artifact.ts'
import { coverScript } from './link/coverage.ts'
import { correctColumns } from './link/stack-columns.ts'

// V8 would keep every script it has seen, and each reload would leak the one before.
setFlagsFromString('--no-compilation-cache')

/** Scripts that the stager compiled as a check, for a linker in the same thread; by the artifact's links. */
const compiled = new WeakMap<object, Script>()

export function keepScript(artifact: Artifact, script: Script): void {
  compiled.set(artifact.links, script)
}

/** A file's URL; the plain ones without Node's parser, which costs more than compiling a small module. */
export function urlOf(file: string): string {
  return /^[\w./-]+$/.test(file) ? `file://${file}` : pathToFileURL(file).href
}

/** The URL that a module knows itself by: its file's, with the query and fragment it was imported with. */
export const urlOfModule = ({ id, file }: Pick<Artifact, 'id' | 'file'>): string =>
  urlOf(file) + id.slice(file.length)

/** The script of an artifact, to be run. */
export function scriptOf(artifact: Artifact): Script {
  const url = urlOfModule(artifact)
  correctColumns(url, artifact)
  coverScript(url, artifact)
  const kept = compiled.get(artifact.links)
  compiled.delete(artifact.links)
  return kept ?? compileScript(artifact)
}

/** V8's cache does not keep what Node needs for an `import()` in code that is made at run time. */
const MAKES_CODE = /\b(?:eval|Function)\b/

/**
 * Compiles an artifact's text as a script whose lines and columns are the file's own.
 * The script is named by URL, as Node names modules: stacks, breakpoints and coverage
 * then point at the file.
 */
export function compileScript(
  artifact: Pick<Artifact, 'id' | 'file' | 'code' | 'columnOffset' | 'cache'>,
): Script {
  return new Script(artifact.code, {
    filename: urlOfModule(artifact),
    // Code that is made at run time, by eval, imports as code of Node does.
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    columnOffset: -artifact.columnOffset,
    ...(artifact.cache && !MAKES_CODE.test(artifact.code) && { cachedData: artifact.cache as Buffer }),
  })
}
