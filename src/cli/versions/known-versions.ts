import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { StoreVersions } from '../../store/versions.ts'
import { reading } from '../store-option.ts'
import { nameOf } from './find-unit.ts'
import { GitVersions } from './git-versions.ts'

/** The folder of `--store` where there is a store, or where one was named; undefined otherwise. */
export function storeOf(command: Command, folder: string): string | undefined {
  const isNamed = command.getOptionValueSource('store') !== 'default'
  return isNamed || existsSync(join(folder, 'format.json')) ? folder : undefined
}

/** The versions of a unit that git, the disk and a store have. @throws TickswapError STORE_MISSING and others */
export async function knownVersions(file: string, store: string | undefined): Promise<GitVersions> {
  if (store === undefined) return new GitVersions(file)
  const ran = await reading(store, (open) => new StoreVersions(open, file).versions(nameOf(file)))
  return new GitVersions(file, ran)
}
