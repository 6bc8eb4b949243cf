import { readdir, readFile, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { TickswapError } from '../errors.ts'

/** Files that may be modules of units. */
const MODULE = /\.(?:[cm]?[jt]sx?|json|wasm)$/
const DECLARATION = /\.d\.[cm]?ts$/
const EXPORTS_UNIT = /\bexport\s+(?:const|let|var)\s+unit\b|\bexport\s*\{[^}]*\bunit\b[^}]*\}/

export const isModuleFile = (file: string): boolean => MODULE.test(file) && !DECLARATION.test(file)

/** A first look at whether a text exports a unit; the stager decides. */
export const exportsUnit = (text: string): boolean => EXPORTS_UNIT.test(text)

/** Whether a file seems to export a unit; false when it cannot be read. */
async function looksLikeUnit(file: string): Promise<boolean> {
  return exportsUnit(await readFile(file, 'utf8').catch(() => ''))
}

/** @throws TickswapError OPTION */
export async function requireFolder(directory: string): Promise<void> {
  const is = await stat(directory).then(
    (found) => (found.isDirectory() ? undefined : 'it is no folder'),
    (error: Error) => error.message,
  )
  if (is) throw new TickswapError('TICKSWAP_E_OPTION', `units: cannot read ${directory}: ${is}`)
}

/** Files under `directory` that may be modules of units; installed packages and hidden folders are left out. */
export async function moduleFilesIn(directory: string): Promise<string[]> {
  const found: string[] = []
  const folders = [directory]
  for (const folder of folders)
    for (const item of await readdir(folder, { withFileTypes: true })) {
      if (item.name === 'node_modules' || item.name.startsWith('.')) continue
      const path = join(folder, item.name)
      if (item.isDirectory()) folders.push(path)
      else if (item.isFile() && isModuleFile(path)) found.push(path)
    }
  return found.sort()
}

/** Those of them that look like units. */
export async function unitFilesIn(directory: string): Promise<string[]> {
  const files = await moduleFilesIn(directory)
  const looks = await Promise.all(files.map(looksLikeUnit))
  return files.filter((_, i) => looks[i])
}

/** Those of `files` that lie under `directory` and look like units. */
export async function unitFilesAmong(files: readonly string[], directory: string): Promise<string[]> {
  const below = files.filter((file) => file.startsWith(directory + sep))
  const looks = await Promise.all(below.map(looksLikeUnit))
  return below.filter((_, i) => looks[i])
}
