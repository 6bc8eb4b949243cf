import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { Script } from 'node:vm'
import type { Artifact } from './artifact.ts'

// V8 would keep every script it has seen, and each reload would leak the one before.
setFlagsFromString('--no-compilation-cache')

/**
 * Compiles an artifact's text as a script whose lines and columns are the file's own.
 * The script is named by URL, as Node names modules: stacks, breakpoints and coverage
 * then point at the file.
 */
export function compileScript(artifact: Pick<Artifact, 'file' | 'code' | 'columnOffset' | 'cache'>): Script {
  return new Script(artifact.code, {
    filename: pathToFileURL(artifact.file).href,
    columnOffset: -artifact.columnOffset,
    ...(artifact.cache && { cachedData: artifact.cache as Buffer }),
  })
}
