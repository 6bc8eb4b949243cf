import { existsSync, realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { unitFilesIn } from '../../control/folder.ts'
import { TickswapError } from '../../errors.ts'
import { UnitReader } from '../../units/code/surface/unit-reader.ts'
import { nameOfFile } from '../../units/contract.ts'
import { givenFolder } from '../check/units-folder.ts'
import { DiskTree } from './trees.ts'

/**
 * The file of the unit that an argument names: a path, or the name of a unit in the folder of `--units`, or
 * else anywhere below the working directory.
 * @throws TickswapError UNIT_UNKNOWN or UNIT_DUPLICATE
 */
export async function findUnit(argument: string, units: string | undefined): Promise<string> {
  const path = resolve(argument)
  if (existsSync(path) && statSync(path).isFile()) return realpathSync(path)
  const folder = units === undefined ? realpathSync(process.cwd()) : givenFolder(units)
  const files = await unitFilesIn(folder)
  const named = files.filter((file) => nameOf(file) === argument)
  if (named.length === 1) return named[0]!
  if (named.length > 1)
    throw new TickswapError(
      'TICKSWAP_E_UNIT_DUPLICATE',
      `${argument} is the unit of ${named.join(' and of ')}`,
    )
  const known = [...new Set(files.map(nameOf))].sort().join(', ') || 'none'
  throw new TickswapError(
    'TICKSWAP_E_UNIT_UNKNOWN',
    `there is no unit ${argument} in ${folder}; there are: ${known}`,
  )
}

/** The name that a file's unit has, and its file's while it cannot be read. */
export function nameOf(file: string): string {
  try {
    return new UnitReader(new DiskTree()).read(file)?.descriptor.unit ?? nameOfFile(file)
  } catch (error) {
    if (error instanceof TickswapError) return nameOfFile(file)
    throw error
  }
}
