import { existsSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { unitFilesIn } from '../../control/folder.ts'
import { TickswapError } from '../../errors.ts'

/** The path that the loader knows a file by. The file itself may be gone, its folder not. */
export function realFile(file: string): string {
  const folder = dirname(resolve(file))
  if (!existsSync(folder)) throw new TickswapError('TICKSWAP_E_USAGE', `there is no folder ${folder}`)
  const path = join(realpathSync(folder), basename(file))
  return existsSync(path) ? realpathSync(path) : path
}

/** @throws TickswapError USAGE */
export function givenFolder(units: string): string {
  const folder = resolve(units)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return realpathSync(folder)
  throw new TickswapError('TICKSWAP_E_USAGE', `--units: there is no folder ${folder}`)
}

/**
 * The folder that an engine would load: the nearest one upwards that holds units, and on from there as long
 * as the folder above holds more of them (`systems/traffic/` beside `systems/roads/`). Ends below the
 * folder of the package or repository, which holds tests and examples too.
 * @throws TickswapError USAGE when there is none
 */
export async function nearestFolder(file: string): Promise<string> {
  const top = topFor(file)
  let folder = dirname(file)
  let held = (await unitFilesIn(folder)).length
  while (held === 0 && folder !== top) {
    folder = dirname(folder)
    held = (await unitFilesIn(folder)).length
  }
  if (held === 0) {
    const message = `no folder from ${dirname(file)} up to ${top} holds units; name one with --units`
    throw new TickswapError('TICKSWAP_E_USAGE', message)
  }
  while (folder !== top && dirname(folder) !== top) {
    const above = (await unitFilesIn(dirname(folder))).length
    if (above === held) break
    folder = dirname(folder)
    held = above
  }
  return folder
}

/** The folder of the package or repository; without one the working directory, or the file's own folder. */
export function topFor(file: string): string {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, 'package.json')) || existsSync(join(folder, '.git'))) return folder
  const here = realpathSync(process.cwd())
  return file.startsWith(here + sep) ? here : dirname(file)
}
