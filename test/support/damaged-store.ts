import { scan, under } from '../../dist/store/backends/contract.js'
import { openBackend } from '../../dist/store/backends/open.js'
import { folderOf, readFormat } from '../../dist/store/format.js'

/** Changes records of a store that nobody has open: `change` gives what is to be there, or undefined for nothing. */
export async function changeRecords(
  path: string,
  keys: readonly string[],
  change: (record: Uint8Array) => Uint8Array | undefined,
): Promise<void> {
  const { backend, data } = readFormat(path)!
  const open = await openBackend(backend, folderOf(path, data))
  await open.write(keys.map((key) => [key, change(open.get(key)!)]))
  await open.close()
}

/** With one bit of its last byte flipped. */
export function flipped(record: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(record)
  copy[copy.length - 1]! ^= 4
  return copy
}

/** The keys of a store that begin with `prefix`, which nobody has open. */
export async function keysUnder(path: string, prefix: string): Promise<string[]> {
  const { backend, data } = readFormat(path)!
  const open = await openBackend(backend, folderOf(path, data))
  const keys: string[] = []
  for await (const [key] of scan(open, under(prefix))) keys.push(key)
  await open.close()
  return keys
}
