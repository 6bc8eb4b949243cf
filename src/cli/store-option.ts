import { resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Option } from 'commander'
import type { TickswapError } from '../errors.ts'
import { type Command, execute, type Results } from '../store/commands.ts'
import { readFormat } from '../store/format.ts'
import { storeSettingsOf } from '../store/settings.ts'
import { Store } from '../store/store.ts'
import { FORMATS, type Format } from './format.ts'
import { type Connection, connected } from './live/connection.ts'
import { engineOfStore } from './live/find-engine.ts'

/** An engine that has begun to hold its store can be reached soon after. */
const STARTS_WITHIN_MS = 5000
const POLL_MS = 50

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
  for (const deadline = performance.now() + STARTS_WITHIN_MS; ; await wait(POLL_MS)) {
    const engine = engineOfStore(path)
    if (engine) {
      const ask = (connection: Connection) => connection.ask('storage', command, tell)
      return (await connected(engine, ask)) as Results[N]
    }
    const store = await openAlone(path, performance.now() > deadline)
    if (store) return alone(store, command, tell)
  }
}

/** Undefined when an engine holds it that has just begun: it is about to be reachable. */
async function openAlone(path: string, isLast: boolean): Promise<Store | undefined> {
  const { backend } = readFormat(path)!
  try {
    return await Store.open({ ...storeSettingsOf({ path }), backend })
  } catch (error) {
    if (!isLast && (error as TickswapError).code === 'TICKSWAP_E_STORE_HELD') return undefined
    throw error
  }
}

async function alone<N extends Command['name']>(
  store: Store,
  command: Extract<Command, { name: N }>,
  tell: (progress: unknown) => void,
): Promise<Results[N]> {
  try {
    return (await execute(store, command, tell)) as Results[N]
  } finally {
    await store.close()
  }
}
