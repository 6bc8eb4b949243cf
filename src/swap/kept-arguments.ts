/** Arguments as they were at a call, and about how many bytes they take. */
export interface KeptArguments {
  readonly args: readonly unknown[]
  /** nothing in them can be changed by whoever is called with them */
  readonly isFlat: boolean
  readonly bytes: number
}

/** What an object takes beside what is in it, as an estimate. */
const OBJECT_BYTES = 48
const VALUE_BYTES = 8
/** Data nested deeper than this is no argument of a call. */
const MOST_DEEP = 32

/** Thrown by a copy that cannot be made. */
class Unkept extends Error {}

/**
 * Copies the arguments of a call: plain data, typed arrays, maps, sets and dates.
 * @param isState whether a buffer is the runtime's own: a view of it is no input, but a part of the state
 * @returns undefined when they hold anything else, such as a function or an instance of a class
 */
export function keepArguments(
  args: readonly unknown[],
  isState: (buffer: ArrayBufferLike) => boolean,
): KeptArguments | undefined {
  let bytes = OBJECT_BYTES
  let isFlat = true
  for (const value of args) {
    if (!isPlain(value)) isFlat = false
    bytes += sizeOf(value)
  }
  if (isFlat) return { args, isFlat, bytes }
  const copier = new Copier(isState)
  try {
    const copied = args.map((value) => copier.copy(value, 0))
    return { args: copied, isFlat, bytes: bytes + copier.bytes }
  } catch (error) {
    if (error instanceof Unkept) return undefined
    throw error
  }
}

/** A copy for one more call with them. */
export const againstChange = ({ args, isFlat }: KeptArguments): readonly unknown[] =>
  isFlat ? args : keepArguments(args, () => false)!.args

const isPlain = (value: unknown): boolean =>
  value === null || !['object', 'function', 'symbol'].includes(typeof value)

const sizeOf = (value: unknown): number =>
  typeof value === 'string' ? VALUE_BYTES + 2 * value.length : VALUE_BYTES

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array

class Copier {
  bytes = 0
  readonly #isState: (buffer: ArrayBufferLike) => boolean
  /** objects that occur more than once stay one */
  readonly #seen = new Map<object, unknown>()

  constructor(isState: (buffer: ArrayBufferLike) => boolean) {
    this.#isState = isState
  }

  copy(value: unknown, depth: number): unknown {
    this.bytes += sizeOf(value)
    if (isPlain(value)) return value
    if (typeof value !== 'object' || depth > MOST_DEEP) throw new Unkept()
    const object = value as object
    const known = this.#seen.get(object)
    if (known !== undefined) return known
    this.bytes += OBJECT_BYTES
    return this.#object(object, depth)
  }

  #object(value: object, depth: number): unknown {
    if (ArrayBuffer.isView(value)) return this.#view(value)
    const next = (each: unknown) => this.copy(each, depth + 1)
    const known = <T extends object>(copied: T): T => {
      this.#seen.set(value, copied)
      return copied
    }
    switch (Object.getPrototypeOf(value)) {
      case Array.prototype: {
        const copied = known<unknown[]>([])
        for (const each of value as unknown[]) copied.push(next(each))
        return copied
      }
      case Object.prototype:
      case null: {
        const copied = known(Object.create(Object.getPrototypeOf(value)) as Record<string, unknown>)
        for (const [key, each] of Object.entries(value)) copied[key] = next(each)
        return copied
      }
      case Map.prototype: {
        const copied = known(new Map<unknown, unknown>())
        for (const [key, each] of value as Map<unknown, unknown>) copied.set(next(key), next(each))
        return copied
      }
      case Set.prototype: {
        const copied = known(new Set<unknown>())
        for (const each of value as Set<unknown>) copied.add(next(each))
        return copied
      }
      case Date.prototype:
        return known(new Date((value as Date).getTime()))
      case ArrayBuffer.prototype:
        this.bytes += (value as ArrayBuffer).byteLength
        return known((value as ArrayBuffer).slice(0))
      default:
        throw new Unkept()
    }
  }

  #view(view: ArrayBufferView): unknown {
    if (view instanceof DataView || this.#isState(view.buffer)) throw new Unkept()
    this.bytes += view.byteLength
    const copied = TypedArray.slice.call(view as Uint8Array)
    this.#seen.set(view, copied)
    return copied
  }
}
