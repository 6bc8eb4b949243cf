import { addon, type Handle } from '../native/addon.ts'
import type { ColumnArray } from '../units/column.ts'

/**
 * V8 copies shared memory by atomic words. From this size on a native copy takes half the time; below it, handing
 * the memory over takes more than that saves.
 */
const NATIVE_BYTES = 32 * 1024
/** Columns of a layout begin at multiples of this. */
const ALIGN = 64

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGN) * ALIGN

/** Bytes that go from one memory to another. */
interface Stretch {
  readonly from: ArrayBufferLike
  readonly to: ArrayBufferLike
  readonly fromOffset: number
  readonly toOffset: number
  bytes: number
}

/** Copies the whole of one memory into another of the same size. */
export function copyMemory(from: ArrayBufferLike, to: ArrayBufferLike): void {
  copyStretches([{ from, to, fromOffset: 0, toOffset: 0, bytes: from.byteLength }])
}

/** Copies each column into another of the same type, as far as the shorter one goes. */
export function copyColumns(pairs: Iterable<readonly [from: ColumnArray, to: ColumnArray]>): void {
  const stretches: Stretch[] = []
  let last: Stretch | undefined
  for (const [from, to] of pairs) {
    const bytes = Math.min(from.byteLength, to.byteLength)
    // Between columns that were neighbours, and are, lies nothing but the room up to the next multiple.
    if (last && isNext(last, from, to)) last.bytes = from.byteOffset + bytes - last.fromOffset
    else {
      const [fromOffset, toOffset] = [from.byteOffset, to.byteOffset]
      last = { from: from.buffer, to: to.buffer, fromOffset, toOffset, bytes }
      stretches.push(last)
    }
    if (from.byteLength !== to.byteLength) last = undefined
  }
  copyStretches(stretches)
}

const isNext = (last: Stretch, from: ColumnArray, to: ColumnArray): boolean =>
  from.buffer === last.from &&
  to.buffer === last.to &&
  from.byteOffset === aligned(last.fromOffset + last.bytes) &&
  to.byteOffset === aligned(last.toOffset + last.bytes)

function copyStretches(stretches: readonly Stretch[]): void {
  const handles = new Map<ArrayBufferLike, Handle>()
  const handleOf = (memory: ArrayBufferLike): Handle => {
    const handle = handles.get(memory) ?? addon().attach(new Uint8Array(memory as SharedArrayBuffer))
    handles.set(memory, handle)
    return handle
  }
  for (const { from, to, fromOffset, toOffset, bytes } of stretches) {
    if (bytes === 0) continue
    const isShared = from instanceof SharedArrayBuffer && to instanceof SharedArrayBuffer
    if (isShared && bytes >= NATIVE_BYTES)
      addon().copyRange(handleOf(to), toOffset, handleOf(from), fromOffset, bytes)
    else new Uint8Array(to, toOffset, bytes).set(new Uint8Array(from, fromOffset, bytes))
  }
  for (const handle of handles.values()) addon().detach(handle)
}
