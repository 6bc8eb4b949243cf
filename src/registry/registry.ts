import { type ErrorCode, TickswapError } from '../errors.ts'
import { addon, type Handle, type RegistryRoom } from '../native/addon.ts'
import type { Constraint } from '../version/constraint.ts'
import type { KeyRange } from '../version/range/keys.ts'
import { Version } from '../version/version.ts'
import { LAYOUT, VERSION_STATES, type VersionState } from './layout.ts'
import { type BestFilter, MOST_RANGES, QUERY_BYTES, writeFilter, writeRange } from './query.ts'
import { RegistryReader } from './reader.ts'
import { isHash, RECORD_AND_TAIL_BYTES, type VersionDraft, writeDraft } from './record.ts'

/** What a registry has room for. */
export interface RegistryCapacity {
  /** units at the start, 1 to 65,536 */
  readonly units: number
  /** versions known at a time at the start, over all units, 1 to 1,048,576 */
  readonly versions: number
  /** what it may grow to; default: no growth */
  readonly mostUnits?: number
  readonly mostVersions?: number
  /** slots of participants that the creator gives out by books of its own, see `enter`; default 0 */
  readonly ownSlots?: number
}

/** A unit's new active version; record -1 leaves the unit without one. */
export interface Move {
  readonly unit: number
  readonly record: number
}

/** A native status as an error. The numbers are ts_status of native/include/tickswap/status.h. */
const STATUS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  [-1]: ['TICKSWAP_E_OPTION', 'an index is out of range, or the record is of another unit'],
  [-2]: ['TICKSWAP_E_REGISTRY_LAYOUT', 'the shared memory holds no registry of this layout'],
  [-3]: ['TICKSWAP_E_REGISTRY_FULL', 'the registry is full'],
  [-4]: ['TICKSWAP_E_REGISTRY_STATE', 'the state of the version does not allow this'],
  [-5]: ['TICKSWAP_E_REGISTRY_BUSY', 'another thread is writing to the registry'],
  [-9]: ['TICKSWAP_E_REGISTRY_LAYOUT', 'the registry has grown past the shared memory'],
}
const FULL = -3
const BUSY = -5
const GROWN = -9

/** A writer is inside for a few microseconds. */
const BUSY_TRIES = 10_000

/** The value of a native operation; throws for a negative status. */
function unwrap(doing: string, result: number): number {
  if (result >= 0) return result
  const [code, message] = STATUS[result] ?? ['TICKSWAP_E_INTERNAL', `native status ${result}`]
  throw new TickswapError(code, `${doing}: ${message}`)
}

/** The native side of a registry, in the thread that writes to it. */
interface Writer {
  readonly registry: Handle
  readonly scratch: Handle
  /** arguments that are more than integers are passed in this */
  readonly memory: Uint8Array<SharedArrayBuffer>
  readonly view: DataView<SharedArrayBuffer>
}

/** Bytes of a move in the scratch memory: unit and record. */
const MOVE_BYTES = 8

function openWriter(shared: SharedArrayBuffer, moves: number): Writer {
  const bytes = Math.max(RECORD_AND_TAIL_BYTES, QUERY_BYTES, moves * MOVE_BYTES)
  const memory = new Uint8Array(new SharedArrayBuffer(bytes))
  return {
    registry: addon().attach(new Uint8Array(shared)),
    scratch: addon().attach(memory),
    memory,
    view: new DataView(memory.buffer),
  }
}

function closeWriter({ registry, scratch }: Writer): void {
  addon().detach(registry)
  addon().detach(scratch)
}

/**
 * The registry: which units there are, which of their versions are known, and which one is
 * active in which generation. Reads work in every thread, and so does `publish`; of threads
 * that write otherwise, one goes after the other.
 *
 * A generation is one choice of an active version for every unit. `stage` prepares the one
 * after the live one; `publish` makes it live with one store. A reader that loads the
 * generation once per tick has a whole view of it until two more have been published.
 *
 * Records of retired and quarantined versions are reused, oldest first, once the table has
 * no fresh record and no reader with a whole view can hold them; so who keeps a record's
 * index for long compares the hash before trusting it.
 */
export class Registry extends RegistryReader {
  #writer: Writer | undefined

  /**
   * A new, empty registry. Throws TICKSWAP_E_OPTION for a capacity out of range, TICKSWAP_E_ADDON
   * without the native core.
   */
  static create(capacity: RegistryCapacity): Registry {
    const { units, versions, mostUnits = 0, mostVersions = 0, ownSlots = 0 } = capacity
    const room: RegistryRoom = [units, versions, mostUnits, mostVersions, ownSlots]
    const bytes = addon().registryBytes(...room)
    if (bytes === 0)
      throw new TickswapError('TICKSWAP_E_OPTION', `no registry can hold ${JSON.stringify(capacity)}`)
    const shared = new SharedArrayBuffer(bytes, { maxByteLength: addon().registryMostBytes(...room) })
    const writer = openWriter(shared, units)
    unwrap('create the registry', addon().registryCreate(writer.registry, ...room))
    const registry = new Registry(shared)
    registry.#writer = writer
    return registry
  }

  /**
   * The registry that another thread created. Throws TICKSWAP_E_REGISTRY_LAYOUT for memory that
   * holds none, or one of another layout.
   */
  static attach(shared: SharedArrayBuffer): Registry {
    return new Registry(shared)
  }

  /**
   * Registers a unit; a name that is known gives the index it has. A name has 1 to 240 bytes of
   * UTF-8. Grows the registry when it has to. Throws TICKSWAP_E_UNIT_INVALID for another name,
   * TICKSWAP_E_REGISTRY_FULL when it cannot grow.
   */
  registerUnit(name: string): number {
    const { memory } = this.#write()
    const bytes = Buffer.from(name, 'utf8')
    if (bytes.length < 1 || bytes.length > LAYOUT.MAX_NAME_BYTES)
      throw new TickswapError(
        'TICKSWAP_E_UNIT_INVALID',
        `the name of a unit has 1 to ${LAYOUT.MAX_NAME_BYTES} bytes, not ${bytes.length}`,
      )
    memory.set(bytes)
    return this.#roomy('register a unit', ({ registry, scratch }) =>
      addon().registryRegisterUnit(registry, scratch, bytes.length),
    )
  }

  /**
   * Registers a version as a candidate and gives its record's index. Grows the registry when no
   * record is fresh and none can be used again. Throws TICKSWAP_E_REGISTRY_FULL when it cannot,
   * TICKSWAP_E_OPTION for an unknown unit, a hash that is not 16 hex digits or a timestamp that is
   * no whole number.
   */
  registerVersion(draft: VersionDraft): number {
    const { view } = this.#write()
    if (!isHash(draft.hash) || !Number.isSafeInteger(draft.timestamp) || draft.timestamp < 0)
      throw new TickswapError(
        'TICKSWAP_E_OPTION',
        `a version cannot be registered with hash "${draft.hash}", timestamp ${draft.timestamp}`,
      )
    writeDraft(view, draft)
    return this.#roomy('register a version', ({ registry, scratch }) =>
      addon().registryRegisterVersion(registry, scratch),
    )
  }

  /**
   * Changes a version's state. Retiring or quarantining one that is staged takes the staging
   * back; one that is active in the live generation throws TICKSWAP_E_REGISTRY_STATE.
   */
  setState(record: number, state: VersionState): void {
    this.#run('change the state of a version', ({ registry }) =>
      addon().registrySetState(registry, record, VERSION_STATES.indexOf(state)),
    )
  }

  /**
   * Fills the generation after the live one, the live choice with the moves made in it, and
   * gives its number. Replaces a staging that was not published; no moves take one back.
   * Throws TICKSWAP_E_REGISTRY_STATE for a version that is retired or quarantined.
   */
  stage(moves: readonly Move[]): number {
    if (moves.length > this.diagnostics().unitCapacity)
      throw new TickswapError('TICKSWAP_E_OPTION', `${moves.length} moves are more than there can be units`)
    const { memory } = this.#write(moves.length)
    const pairs = new Uint32Array(memory.buffer)
    for (const [i, { unit, record }] of moves.entries()) {
      pairs[2 * i] = unit
      pairs[2 * i + 1] = record
    }
    return this.#run('stage', ({ registry, scratch }) =>
      addon().registryStage(registry, scratch, moves.length),
    )
  }

  /**
   * Makes the staged generation live: one step, from any thread, at any time. Of several that
   * publish the same one, one succeeds. Throws TICKSWAP_E_REGISTRY_STATE for a generation that
   * is not staged.
   */
  publish(generation: number): void {
    this.#run(`publish generation ${generation}`, ({ registry }) =>
      addon().registryPublish(registry, generation),
    )
  }

  /**
   * The record of the highest version of a unit that matches a constraint, -1 when there is
   * none; of equal ones the one registered last. One native pass over all versions, and, where
   * the constraint lets prereleases in, one over the prereleases of the unit. By default
   * retired and quarantined ones are not looked at.
   * Writers may go on meanwhile: a version that they register or change is seen as before or after.
   */
  best(unit: number, constraint: Constraint, filter: BestFilter = {}): number {
    const { required, excluded } = constraint.flags
    const rule = {
      ...filter,
      required: (filter.required ?? 0) | required,
      excluded: (filter.excluded ?? 0) | excluded,
    }
    const keys = constraint.keys()
    let best = -1
    for (let from = 0; from < keys.length; from += MOST_RANGES) {
      const some = keys.length > MOST_RANGES ? keys.slice(from, from + MOST_RANGES) : keys
      best = this.#higher(best, this.#bestRelease(unit, some, rule))
    }
    if (!constraint.admitsPrereleases) return best
    for (const record of this.prereleases(unit, rule))
      if (constraint.matches(this.record(record).version)) best = this.#higher(best, record)
    return best
  }

  /** The best release in some ranges, -1 for none. */
  #bestRelease(unit: number, keys: readonly KeyRange[], filter: BestFilter): number {
    const { view } = this.#write()
    writeFilter(view, unit, filter)
    for (let i = 0; i < keys.length; i++) writeRange(view, i, keys[i]!)
    const found = this.#run('find the best version', ({ registry, scratch }) =>
      addon().registryBest(registry, scratch, keys.length),
    )
    return found === LAYOUT.NO_RECORD ? -1 : found
  }

  /** The record with the higher version; of equal ones the later. */
  #higher(a: number, b: number): number {
    if (a < 0 || b < 0) return Math.max(a, b)
    const order = Version.compare(this.record(a).version, this.record(b).version)
    return order > 0 || (order === 0 && a > b) ? a : b
  }

  /**
   * Attaches the memory to the native core, which the first write does otherwise.
   * @throws TickswapError ADDON, REGISTRY_LAYOUT
   */
  open(): this {
    this.#write()
    return this
  }

  /** Releases what the writing thread holds in the native core. Reading goes on working. */
  close(): void {
    if (this.#writer) closeWriter(this.#writer)
    this.#writer = undefined
  }

  /** The native side, with scratch memory for so many moves. */
  #write(moves = 0): Writer {
    if (this.#writer && this.#writer.memory.length >= moves * MOVE_BYTES) return this.#writer
    this.close()
    const writer = openWriter(this.shared, Math.max(moves, this.diagnostics().unitCapacity))
    try {
      unwrap('attach the registry', addon().registryAttach(writer.registry))
    } catch (error) {
      closeWriter(writer)
      throw error
    }
    this.#writer = writer
    return writer
  }

  /** An operation's result, once no other writer is inside and the native core knows of all the memory. */
  #attempt(operation: (writer: Writer) => number): number {
    const writer = this.#write()
    let result = operation(writer)
    for (let busy = 0, grown = 0; busy < BUSY_TRIES && grown < LAYOUT.MAX_SEGMENTS; ) {
      if (result === BUSY) busy++
      else if (result === GROWN) grown++
      else break
      addon().registryExtend(writer.registry)
      result = operation(writer)
    }
    return result
  }

  #run(doing: string, operation: (writer: Writer) => number): number {
    return unwrap(doing, this.#attempt(operation))
  }

  /** The same for what needs room: the registry grows for as long as it can. */
  #roomy(doing: string, operation: (writer: Writer) => number): number {
    for (;;) {
      const growths = this.growths
      const result = this.#attempt(operation)
      if (result !== FULL || !this.#grow(growths)) return unwrap(doing, result)
    }
  }

  /** Adds a segment, unless another thread has since there were `growths`; false when there is no room. */
  #grow(growths: number): boolean {
    const { registry } = this.#write()
    const bytes = addon().registryGrownBytes(registry)
    if (bytes === 0 || !lengthen(this.shared, bytes)) return false
    addon().registryExtend(registry)
    this.#run('grow the registry', () => addon().registryGrow(registry, growths))
    return true
  }
}

/** Makes the memory at least so long, unless another thread has; false when it cannot be. */
function lengthen(shared: SharedArrayBuffer, bytes: number): boolean {
  try {
    if (shared.byteLength < bytes) shared.grow(bytes)
  } catch {
    // Beyond its limit or the machine's; or another thread has made it longer still.
  }
  return shared.byteLength >= bytes
}
