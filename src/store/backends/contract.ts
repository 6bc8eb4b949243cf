import { TickswapError } from '../../errors.ts'

export const BACKENDS = ['lmdb', 'classic-level', 'memory'] as const
export type BackendKind = (typeof BACKENDS)[number]

/** A value to store under a key, or `undefined` to remove what is there. */
export type Op = readonly [key: string, value: Uint8Array | undefined]
export type Entry = readonly [key: string, value: Uint8Array]

export interface Range {
  /** first key, inclusive; keys are ordered by their UTF-8 bytes */
  readonly from: string
  /** end, exclusive */
  readonly to: string
  readonly reverse?: boolean
  /** entries at most */
  readonly limit: number
  /** only the keys are wanted: what comes with them says nothing */
  readonly keysOnly?: boolean
}

/**
 * Ordered bytes by key. Everything else, transactions, checksums, references, is built on this, so that it is the
 * same on every backend. One writer at a time, which the store's lock sees to.
 */
export interface Backend {
  readonly kind: BackendKind
  /** A copy that belongs to the caller. */
  get(key: string): Uint8Array | undefined
  /** Whether there is something. Not for values of megabytes: a backend may have to read them for it. */
  has(key: string): boolean
  /** Entries in order, as of one instant. */
  page(range: Range): Promise<Entry[]>
  /**
   * All of them or none. Resolves when they are on disk: written and synced, so that neither the end of the process
   * nor of the machine takes them away. Rejects, with nothing changed, when they could not be written.
   */
  write(ops: readonly Op[]): Promise<void>
  /** A file whose inner pages the library trusts, so that others may look at them: see checkTree. */
  readonly tree?: string
  /** From now on everything is refused with this error: what would be read might end the process. */
  condemn?(error: Error): void
  /** bytes that the backend takes on disk, or in memory */
  bytes(): number
  close(): Promise<void>
}

/** LMDB takes 1978 bytes; what the store itself makes of names stays far below. */
export const MAX_KEY_BYTES = 1024

/** @throws TickswapError STORE_LIMIT */
export function checkKey(key: string): void {
  // UTF-8 never takes more than three bytes for a unit of UTF-16.
  const bytes = key.length * 3 <= MAX_KEY_BYTES ? key.length : Buffer.byteLength(key)
  if (bytes > 0 && bytes <= MAX_KEY_BYTES) return
  throw new TickswapError(
    'TICKSWAP_E_STORE_LIMIT',
    `a key of ${bytes} bytes; 1 to ${MAX_KEY_BYTES} are possible`,
  )
}

/** All keys that begin with `prefix`, which ends in an ASCII character. */
export function under(prefix: string): { from: string; to: string } {
  const last = prefix.charCodeAt(prefix.length - 1)
  return { from: prefix, to: prefix.slice(0, -1) + String.fromCharCode(last + 1) }
}

/** The first key after `key`. */
export const after = (key: string): string => `${key}\0`

const PAGE = 256

/** Everything in a range, page by page: entries written meanwhile may or may not be among it. */
export async function* scan(
  backend: Pick<Backend, 'page'>,
  { from, to, reverse = false, keysOnly = false }: Omit<Range, 'limit'>,
): AsyncGenerator<Entry> {
  let [low, high] = [from, to]
  for (;;) {
    const entries = await backend.page({ from: low, to: high, reverse, limit: PAGE, keysOnly })
    yield* entries
    if (entries.length < PAGE) return
    const last = entries.at(-1)![0]
    if (reverse) high = last
    else low = after(last)
  }
}
