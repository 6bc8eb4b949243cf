import { createRequire } from 'node:module'
import { ADVICE, type ErrorCode, TickswapError } from '../errors.ts'
import { LAYOUT } from '../registry/layout.ts'

/** Attached memory, as the addon knows it. Valid in the thread that attached it, until `detach`. */
export type Handle = number

/** ts_registry_capacity: units, versions, most units, most versions, own slots. */
export type RegistryRoom = readonly [number, number, number, number, number]

/**
 * The native core, as it is bound to JavaScript. Wrong arguments throw
 * TICKSWAP_E_OPTION; registry operations return what they made or a negative
 * status, which src/registry turns into errors.
 */
export interface Addon {
  /**
   * The implementation of the kernels that runs in this process: `c`, or on arm64 also `neon`,
   * `llsc` and `lse`, as native/include/tickswap/kernels.h tells them apart.
   */
  implementation(): string
  /** The implementations that this machine runs, best last; `lse` among them where it has these atomics. */
  available(): string[]
  /** Whose form of each kernel runs, by the kernel's name. */
  kernels(): Record<string, string>

  /**
   * Gives the addon a view of shared memory to work on; the view is kept alive until
   * `detach`. Throws for a view that is not on a SharedArrayBuffer. A view of
   * growable memory is attached with the length it has now.
   */
  attach(view: SharedView): Handle
  detach(handle: Handle): void

  /** XXH3-64 of what the view shows. `seed` is taken modulo 2^64; default 0. */
  hash(view: NodeJS.TypedArray, seed?: bigint): bigint
  hashRange(memory: Handle, offsetBytes: number, bytes: number, seed?: bigint): bigint
  /** BLAKE3 of what the view shows, 64 hex digits. */
  blake3(view: NodeJS.TypedArray): string
  /**
   * The same of each of them, one after the other in one string. Small ones are hashed side by side, which takes
   * less time.
   */
  blake3Many(views: readonly NodeJS.TypedArray[]): string
  /**
   * Writes the record of each as an object of the store, as it is, one after the other to `out`, and gives their hashes
   * as `blake3Many` does. `at`: when they came, epoch milliseconds. `src/store/tiers/packed.ts` has the format.
   */
  sealObjects(views: readonly NodeJS.TypedArray[], out: Uint8Array, at: number): string
  /** Orders two 16-byte version keys, aligned to 4: -1, 0 or 1. */
  compareKeys(memory: Handle, offsetA: number, offsetB: number): number
  /** Writes the order of each of `count` keys against the one at `probeOffset` to `out`, a signed byte each. */
  compareMany(
    memory: Handle,
    probeOffset: number,
    keysOffset: number,
    count: number,
    out: Handle,
    outOffset: number,
  ): void
  /**
   * Sorts `count` indices, 32 bits each, into the `records` version records of 64 bytes at `recordsOffset`
   * by ascending key; of equal keys the order stays. Prereleases are not part of a key.
   */
  sortRecords(
    memory: Handle,
    recordsOffset: number,
    records: number,
    list: Handle,
    listOffset: number,
    count: number,
  ): void
  /** Index of the first NaN or infinity among `count` floats of 4 or 8 bytes, -1 when all are finite. */
  firstNonFinite(memory: Handle, offsetBytes: number, count: number, bytesPerFloat: 4 | 8): number

  /** The same among the floats in the 4 KB pages of the memory that the first `pages` of `indices` name. */
  firstNonFiniteIn(
    memory: Handle,
    offsetBytes: number,
    count: number,
    bytesPerFloat: 4 | 8,
    indices: Handle,
    pages: number,
  ): number

  /** Copies bytes between attached memories; the ranges may overlap. */
  copyRange(to: Handle, toOffset: number, from: Handle, fromOffset: number, bytes: number): void
  /**
   * out = a ^ b: the delta of two states, and a state from the other and the delta. `out` may
   * be `a` or `b`, but not overlap one of them otherwise.
   */
  xorRange(
    out: Handle,
    outOffset: number,
    a: Handle,
    aOffset: number,
    b: Handle,
    bOffset: number,
    bytes: number,
  ): void
  /**
   * Writes the indices of the 4 KB pages that differ to `indices` as 32-bit numbers, room for
   * all `pages`, and gives how many they are. Offsets in bytes.
   */
  changedPages(
    now: Handle,
    nowOffset: number,
    before: Handle,
    beforeOffset: number,
    pages: number,
    indices: Handle,
    indicesOffset: number,
  ): number
  /** Writes the XXH3-64 of each page to `hashes`, 8 bytes each, aligned to 8. */
  hashPages(data: Handle, dataOffset: number, pages: number, hashes: Handle, hashesOffset: number): void
  /** As changedPages, against such hashes, which it brings up to date. */
  rehashPages(
    data: Handle,
    dataOffset: number,
    pages: number,
    hashes: Handle,
    hashesOffset: number,
    indices: Handle,
    indicesOffset: number,
  ): number
  /** Copies `count` pages, named by their indices, between two ranges of `pages` pages. */
  copyPages(
    to: Handle,
    toOffset: number,
    from: Handle,
    fromOffset: number,
    pages: number,
    indices: Handle,
    indicesOffset: number,
    count: number,
  ): void

  /** Why the kernel does not tell this process which pages were written; empty where it does. Asked once. */
  writeObstacle(): string
  /**
   * Begins to track writes to attached memory, whole pages of it, until the last thread that asked detaches:
   * 0, or a negative status where that cannot be (-1 misaligned, -5 begun already or resting, -8 not here).
   */
  trackWrites(memory: Handle): number
  /**
   * Writes the indices of the pages written since the last time, by whichever thread asked then, to `indices`,
   * room for all, and gives how many. Negative when writes are not tracked (-4) or the kernel refuses:
   * all pages have to count as written.
   */
  takeWritten(memory: Handle, indices: Handle): number
  /** As takeWritten, but what it gives is given the next time, too. */
  peekWritten(memory: Handle, indices: Handle): number
  /**
   * Brings `copy` up to date with `memory`, or with `isBack` 1 the other way round, and gives how many bytes
   * that took: the pages written since the last time where writes are tracked; otherwise tracking begins and
   * everything is copied. After more than `mostPages` pages twice in a row tracking rests for so many `takes`.
   */
  mirrorMemory(
    memory: Handle,
    copy: Handle,
    indices: Handle,
    isBack: 0 | 1,
    mostPages: number,
    takes: number,
  ): number
  /** Ends the tracking for all threads; it cannot begin again before takeWritten was asked `takes` times. */
  restWrites(memory: Handle, takes: number): void

  /**
   * Makes the store `array[index] = value` when this thread's environment ends, however it
   * ends: return, process.exit, uncaught exception or terminate. Waiters on the word are not
   * notified; they wait with a timeout. Returns a token for `cancelStoreOnExit`.
   */
  storeOnExit(array: Int32Array<SharedArrayBuffer>, index: number, value: number): number
  /** Whether the token named a store that is now cancelled. */
  cancelStoreOnExit(token: number): boolean

  /**
   * Milliseconds that the calling thread has run so far, and on Linux those in which it was ready and had no core; not
   * those in which it waited for something. -1 where nobody tells.
   */
  threadMs(): number

  /** Bytes a registry begins with, and has at the most; 0 for a capacity that is out of range. */
  registryBytes(...capacity: RegistryRoom): number
  registryMostBytes(...capacity: RegistryRoom): number
  registryCreate(registry: Handle, ...capacity: RegistryRoom): number
  registryAttach(registry: Handle): number
  /** Takes growable memory at the length it has by now. */
  registryExtend(registry: Handle): void
  registryGrowths(registry: Handle): number
  /** Bytes after one more growth, 0 when there can be none. */
  registryGrownBytes(registry: Handle): number
  registryGrow(registry: Handle, growths: number): number
  registryRegisterUnit(registry: Handle, scratch: Handle, nameBytes: number): number
  registryLookup(registry: Handle, scratch: Handle, nameBytes: number): number
  registryRegisterVersion(registry: Handle, scratch: Handle): number
  registrySetState(registry: Handle, record: number, state: number): number
  registryStage(registry: Handle, scratch: Handle, moves: number): number
  registryPublish(registry: Handle, generation: number): number
  registryBest(registry: Handle, scratch: Handle, ranges: number): number
  registryGeneration(registry: Handle): number
  registryActive(registry: Handle, generation: number, unit: number): number
  registryIsWhole(registry: Handle, generation: number): boolean
  /** Copies a record and its tail to the scratch memory. */
  registryRead(registry: Handle, scratch: Handle, record: number): number
  registryJoin(registry: Handle): number
  registryEnter(registry: Handle, slot: number): number
  registryTick(registry: Handle, slot: number): number
  registryLeave(registry: Handle, slot: number): void
  /** The layout of the registry as the C compiler sees it. */
  layout(): Record<string, number>
}

/** A typed array over shared memory. */
export type SharedView =
  | Uint8Array<SharedArrayBuffer>
  | Int32Array<SharedArrayBuffer>
  | Uint32Array<SharedArrayBuffer>
  | Float32Array<SharedArrayBuffer>
  | Float64Array<SharedArrayBuffer>

/** From dist/native/ or src/native/ alike. A build in place wins over a prebuilt binary. */
const PLACES = [
  '../../build/Release/tickswap.node',
  `../../prebuilds/${process.platform}-${process.arch}/tickswap.node`,
]

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException | undefined)?.code
const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(ADVICE, code)

type Binding = Addon & { install(makeError: (code: ErrorCode, message: string) => Error): void }

function load(): Addon {
  const require = createRequire(import.meta.url)
  const failures: string[] = []
  for (const place of PLACES) {
    try {
      const binding: Binding = require(place)
      binding.install((code, message) => new TickswapError(code, message))
      const { LAYOUT: layout } = binding.layout()
      if (layout === LAYOUT.LAYOUT) return binding
      failures.push(`${place}: it has layout ${layout}, this copy of tickswap has ${LAYOUT.LAYOUT}`)
    } catch (error) {
      const { message } = error as Error
      const code = codeOf(error)
      if (isErrorCode(code)) throw new TickswapError(code, message, {}, { cause: error })
      failures.push(code === 'MODULE_NOT_FOUND' ? `no ${place}` : `${place}: ${message}`)
    }
  }
  const platform = `${process.platform}-${process.arch}, Node ${process.version}`
  throw new TickswapError(
    'TICKSWAP_E_ADDON',
    `no addon could be loaded (${platform}): ${failures.join('; ')}`,
  )
}

let loaded: Addon | undefined

/**
 * The addon of this thread, loaded on first use. Throws TICKSWAP_E_ADDON when there is
 * none for this platform, TICKSWAP_E_IMPL_UNKNOWN when TICKSWAP_FORCE_IMPL names none.
 */
export function addon(): Addon {
  loaded ??= load()
  return loaded
}

/** A hash as reports and registries carry it: 16 hex digits. */
export const formatHash = (hash: bigint): string => hash.toString(16).padStart(16, '0')

/** XXH3-64 of the bytes, 16 hex digits. */
export const hashHex = (bytes: Uint8Array): string => formatHash(addon().hash(bytes))
