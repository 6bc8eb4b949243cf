import { resolve } from 'node:path'
import { Option } from 'commander'
import { type Command, execute, type Results } from '../store/commands.ts'
import { readFormat } from '../store/format.ts'
import { storeSettingsOf } from '../store/settings.ts'
import { askHolder } from '../store/socket.ts'
import { Store } from '../store/store.ts'
import { FORMATS, type Format } from './format.ts'

export interface StoreCommandOptions {
  readonly store: string
  readonly format: Format
}

export const storeOption = (): Option =>
  new Option('--store <folder>', 'the store').env('TICKSWAP_STORE').default('.tickswap')

export const formatOption = (): Option =>
  new Option('--format <format>', 'how to print').choices(FORMATS).default('table')

/** Opens a store to read it, also while an engine holds it; it is closed when `act` is over. */
export async function reading<T>(folder: string, act: (store: Store) => Promise<T>): Promise<T> {
  const store = await Store.read(resolve(folder))
  try {
    return await act(store)
  } finally {
    await store.close()
  }
}

/** Has the engine that holds the store do it, or does it here when none does. */
export async function commanding<N extends Command['name']>(
  folder: string,
  command: Extract<Command, { name: N }>,
  tell: (progress: unknown) => void = () => {},
): Promise<Results[N]> {
  const path = resolve(folder)
  // Says that there is no store, instead of making one.
  await reading(path, async () => {})
  const answer = await askHolder(path, command, tell)
  if (answer) return answer.result as Results[N]
  const { backend } = readFormat(path)!
  const store = await Store.open({ ...storeSettingsOf({ path }), backend })
  try {
    return (await execute(store, command, tell)) as Results[N]
  } finally {
    await store.close()
  }
}
