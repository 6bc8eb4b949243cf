import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { type StoreOptions, storeSettingsOf } from '../../dist/store/settings.js'
import { Store } from '../../dist/store/store.js'

const folders: string[] = []
const stores: Store[] = []

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A folder of its own, gone after the test. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tickswap-store-'))
  folders.push(folder)
  return folder
}

/** A store that is closed after the test. */
export async function openStore(
  options: Partial<StoreOptions> & { path: string },
  onError?: (error: unknown) => void,
): Promise<Store> {
  const store = await Store.open(storeSettingsOf(options), onError)
  stores.push(store)
  return store
}

export const bytesOf = (text: string): Uint8Array => Buffer.from(text)

/** Bytes that do not compress, always the same for a seed. */
export function noise(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size)
  let state = seed >>> 0 || 1
  for (let i = 0; i < size; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state
  }
  return bytes
}

/** The code of the error that a promise ends with. */
export const codeOf = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error) => error.code ?? String(error),
  )

/** Asks again until it is so. */
export async function until(is: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const end = performance.now() + ms
  while (!(await is())) {
    if (performance.now() > end) throw new Error(`not so after ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
