import { readdir, readFile, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { TickswapError } from '../errors.ts'

/** Files that may be modules of units. */
const MODULE = /\.(?:[cm]?[jt]sx?|json|wasm)$/
const DECLARATION = /\.d\.[cm]?ts$/
/** A first look at whether a file exports a unit; the stager decides. */
const EXPORTS_UNIT = /\bexport\s+(?:const|let|var)\s+unit\b|\bexport\s*\{[^}]*\bunit\b[^}]*\}/

export const isModuleFile = (file: string): boolean => MODULE.test(file) && !DECLARATION.test(file)

/** Whether a file seems to export a unit; false when it cannot be read. */
async function looksLikeUnit(file: string): Promise<boolean> {
  return EXPORTS_UNIT.test(await readFile(file, 'utf8').catch(() => ''))
}

/** @throws TickswapError OPTION */
export async function requireFolder(directory: string): Promise<void> {
  const is = await stat(directory).then(
    (found) => (found.isDirectory() ? undefined : 'it is no folder'),
    (error: Error) => error.message,
  )
  if (is) throw new TickswapError('TICKSWAP_E_OPTION', `units: cannot read ${directory}: ${is}`)
}

/** Files under `directory` that look like units. */
export async function unitFilesIn(directory: string): Promise<string[]> {
  const found: string[] = []
  for (const item of await readdir(directory, { withFileTypes: true, recursive: true })) {
    const file = join(item.parentPath, item.name)
    const parts = file.slice(directory.length).split(/[\\/]/)
    if (!item.isFile() || parts.some((part) => part === 'node_modules' || part.startsWith('.'))) continue
    if (!isModuleFile(file)) continue
    if (await looksLikeUnit(file)) found.push(file)
  }
  return found.sort()
}

/** Those of `files` that lie under `directory` and look like units. */
export async function unitFilesAmong(files: readonly string[], directory: string): Promise<string[]> {
  const below = files.filter((file) => file.startsWith(directory + sep))
  const looks = await Promise.all(below.map(looksLikeUnit))
  return below.filter((_, i) => looks[i])
}
