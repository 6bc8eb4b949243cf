import { type ErrorCode, TickswapError } from '../errors.ts'
import { addon, type Handle } from '../native/addon.ts'
import type { Constraint } from '../version/constraint.ts'
import type { KeyRange } from '../version/range/keys.ts'
import { Version } from '../version/version.ts'
import { GENERATION_WORD, LAYOUT, VERSION_STATES, type VersionState } from './layout.ts'
import { type BestFilter, MOST_RANGES, QUERY_BYTES, writeFilter, writeRange } from './query.ts'
import { RegistryReader } from './reader.ts'
import { RECORD_AND_TAIL_BYTES, type VersionDraft, writeDraft } from './record.ts'

export interface RegistryCapacity {
  /** most units, 1 to 65,536 */
  readonly units: number
  /** most versions known at a time, over all units, 1 to 1,048,576 */
  readonly versions: number
}

/** A unit's new active version; record -1 leaves the unit without one. */
export interface Move {
  readonly unit: number
  readonly record: number
}

const HASH = /^[0-9a-f]{16}$/

/** A native status as an error. The numbers are ts_status of native/include/tickswap/status.h. */
const STATUS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  [-1]: ['TICKSWAP_E_OPTION', 'an index is out of range, or the record is of another unit'],
  [-2]: ['TICKSWAP_E_REGISTRY_LAYOUT', 'the shared memory holds no registry of this layout'],
  [-3]: ['TICKSWAP_E_REGISTRY_FULL', 'the registry is full'],
  [-4]: ['TICKSWAP_E_REGISTRY_STATE', 'the state of the version does not allow this'],
  [-5]: ['TICKSWAP_E_REGISTRY_BUSY', 'another thread is writing to the registry'],
}

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
  /** there can be no more units */
  readonly mostMoves: number
}

function openWriter(shared: SharedArrayBuffer, unitCapacity: number): Writer {
  const moveBytes = unitCapacity * 8
  const memory = new Uint8Array(
    new SharedArrayBuffer(Math.max(RECORD_AND_TAIL_BYTES, QUERY_BYTES, moveBytes)),
  )
  return {
    registry: addon().attach(new Uint8Array(shared)),
    scratch: addon().attach(memory),
    memory,
    view: new DataView(memory.buffer),
    mostMoves: unitCapacity,
  }
}

/**
 * The registry: which units there are, which of their versions are known, and which one is
 * active in which generation. Reads work in every thread. Everything that writes, but for
 * `publish`, is for one thread: the control thread.
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
  static create({ units, versions }: RegistryCapacity): Registry {
    const bytes = addon().registryBytes(units, versions)
    if (bytes === 0)
      throw new TickswapError(
        'TICKSWAP_E_OPTION',
        `no registry can hold ${units} units, ${versions} versions`,
      )
    const shared = new SharedArrayBuffer(bytes)
    const writer = openWriter(shared, units)
    unwrap('create the registry', addon().registryCreate(writer.registry, units, versions))
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
   * UTF-8. Throws TICKSWAP_E_UNIT_INVALID for another, TICKSWAP_E_REGISTRY_FULL.
   */
  registerUnit(name: string): number {
    const { registry, scratch, memory } = this.#write()
    const bytes = Buffer.from(name, 'utf8')
    if (bytes.length < 1 || bytes.length > LAYOUT.MAX_NAME_BYTES)
      throw new TickswapError(
        'TICKSWAP_E_UNIT_INVALID',
        `the name of a unit has 1 to ${LAYOUT.MAX_NAME_BYTES} bytes, not ${bytes.length}`,
      )
    memory.set(bytes)
    return unwrap('register a unit', addon().registryRegisterUnit(registry, scratch, bytes.length))
  }

  /**
   * Registers a version as a candidate and gives its record's index. Throws
   * TICKSWAP_E_REGISTRY_FULL when every record is in use, TICKSWAP_E_OPTION for an unknown unit,
   * a hash that is not 16 hex digits or a timestamp that is no whole number.
   */
  registerVersion(draft: VersionDraft): number {
    const { registry, scratch, view } = this.#write()
    if (!HASH.test(draft.hash) || !Number.isSafeInteger(draft.timestamp) || draft.timestamp < 0)
      throw new TickswapError(
        'TICKSWAP_E_OPTION',
        `a version cannot be registered with hash "${draft.hash}", timestamp ${draft.timestamp}`,
      )
    writeDraft(view, draft)
    return unwrap('register a version', addon().registryRegisterVersion(registry, scratch))
  }

  /**
   * Changes a version's state. Retiring or quarantining one that is staged takes the staging
   * back; one that is active in the live generation throws TICKSWAP_E_REGISTRY_STATE.
   */
  setState(record: number, state: VersionState): void {
    const { registry } = this.#write()
    const result = addon().registrySetState(registry, record, VERSION_STATES.indexOf(state))
    unwrap('change the state of a version', result)
  }

  /**
   * Fills the generation after the live one, the live choice with the moves made in it, and
   * gives its number. Replaces a staging that was not published; no moves take one back.
   * Throws TICKSWAP_E_REGISTRY_STATE for a version that is retired or quarantined.
   */
  stage(moves: readonly Move[]): number {
    const { registry, scratch, memory, mostMoves } = this.#write()
    if (moves.length > mostMoves)
      throw new TickswapError('TICKSWAP_E_OPTION', `${moves.length} moves are more than there can be units`)
    const pairs = new Uint32Array(memory.buffer)
    for (const [i, { unit, record }] of moves.entries()) {
      pairs[2 * i] = unit
      pairs[2 * i + 1] = record
    }
    return unwrap('stage', addon().registryStage(registry, scratch, moves.length))
  }

  /**
   * Makes the staged generation live: one store. From any thread, but from one only, and not
   * while another writes. Throws TICKSWAP_E_REGISTRY_STATE for a generation that is not staged.
   */
  publish(generation: number): void {
    if (!this.isStaged(generation))
      throw new TickswapError('TICKSWAP_E_REGISTRY_STATE', `generation ${generation} is not staged`)
    Atomics.store(this.words, GENERATION_WORD, generation)
  }

  /**
   * The record of the highest version of a unit that matches a constraint, -1 when there is
   * none; of equal ones the one registered last. One native pass over all versions, and, where
   * the constraint lets prereleases in, one over the prereleases of the unit. By default
   * retired and quarantined ones are not looked at.
   * Throws TICKSWAP_E_REGISTRY_BUSY when the answer was rewritten again and again meanwhile.
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
    const { registry, scratch, view } = this.#write()
    writeFilter(view, unit, filter)
    for (let i = 0; i < keys.length; i++) writeRange(view, i, keys[i]!)
    const found = unwrap('find the best version', addon().registryBest(registry, scratch, keys.length))
    return found === LAYOUT.NO_RECORD ? -1 : found
  }

  /** The record with the higher version; of equal ones the later. */
  #higher(a: number, b: number): number {
    if (a < 0 || b < 0) return Math.max(a, b)
    const order = Version.compare(this.record(a).version, this.record(b).version)
    return order > 0 || (order === 0 && a > b) ? a : b
  }

  /** Releases what the writing thread holds in the native core. Reading goes on working. */
  close(): void {
    if (!this.#writer) return
    addon().detach(this.#writer.registry)
    addon().detach(this.#writer.scratch)
    this.#writer = undefined
  }

  #write(): Writer {
    if (!this.#writer) {
      const writer = openWriter(this.shared, this.diagnostics().unitCapacity)
      unwrap('attach the registry', addon().registryAttach(writer.registry))
      this.#writer = writer
    }
    return this.#writer
  }
}
