import { decode, Encoding, encode } from '../store/codec.ts'
import { difference, xorInto } from '../store/delta.ts'
import type { Backup } from './backups.ts'

/** Less is not worth it, and more would keep the control thread from its work: about 0.3 ms for each MB. */
const LEAST_BYTES = 64 * 1024
const MOST_BYTES = 64 * 2 ** 20
/** What is not made smaller than this part of it is left as it is. */
const WORTH = 3 / 4

/** Packs the memory of a backup as its difference to the next one of the unit. @returns whether that helps */
export function pack(backup: Backup, next: Backup): boolean {
  const { memory, bytes: size } = backup
  if (!memory || !next.memory || size < LEAST_BYTES || size > MOST_BYTES) return false
  // After a migration there is nothing that it differs little from.
  const base = next.bytes === size ? next : undefined
  const raw = new Uint8Array(memory)
  const plain = base ? difference(new Uint8Array(next.memory), raw) : Uint8Array.from(raw)
  const { encoding, body } = encode(plain, Encoding.LZ4)
  if (body.length > size * WORTH) return false
  backup.packedBytes = body.length
  backup.read = async () => {
    const bytes = Uint8Array.from(decode(body, encoding, size))
    const other = base && (await bytesOf(base))
    if (base && !other) return undefined
    if (other) xorInto(bytes, other)
    return bytes
  }
  return true
}

/** What a backup holds, as far as that can be told. */
export async function bytesOf({ memory, read }: Backup): Promise<Uint8Array | undefined> {
  return memory ? new Uint8Array(memory) : read?.()
}
