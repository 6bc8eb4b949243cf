import { room, UnitState } from '../state/memory.ts'
import { copySoft } from '../state/soft.ts'
import type { Twin } from '../units/code/link/twin.ts'
import { isUnit } from '../units/unit.ts'
import { Play, type Role } from './play.ts'
import type { WarmPart, Warmth } from './protocol.ts'

/** Bytes that are copied between two looks at the clock. */
const CHUNK_BYTES = 256 * 1024
/** More modules than this are not evaluated once more in a participant. */
const MOST_MODULES = 64

/**
 * Runs a candidate in one participant, before the commit, on a copy of its modules and of the state, a little in
 * every tick: V8 then knows the functions that will run, and the first ticks after the commit are like the others.
 */
export class Warming {
  /** milliseconds it took so far, and the most in one tick of the engine */
  totalMs = 0
  worstMs = 0
  /** ticks of the candidate that it ran */
  ticks = 0
  readonly #warmth: Warmth
  readonly #twin: Twin
  readonly #steps: Generator<undefined, void>
  readonly #states: UnitState[] = []

  constructor(twin: Twin, warmth: Warmth) {
    this.#twin = twin
    this.#warmth = warmth
    this.#steps = this.#run()
  }

  /** Goes on for one slice of `ms`. @returns true when it is over @throws what the candidate throws */
  slice(now: () => number, ms: number): boolean {
    const from = now()
    try {
      while (!this.#steps.next().done) if (now() - from >= ms) return false
      return true
    } finally {
      const took = now() - from
      this.totalMs += took
      this.worstMs = Math.max(this.worstMs, took)
    }
  }

  /** Disposes of the copy. */
  stop(): void {
    this.#steps.return()
    for (const state of this.#states.splice(0)) state.release()
  }

  *#run(): Generator<undefined, void> {
    if (!(yield* this.#twin.evaluate(MOST_MODULES))) return
    const roles: Role[] = []
    for (const part of this.#warmth.parts) {
      const role = yield* this.#role(part)
      if (!role) return
      roles.push(role)
    }
    const play = new Play(roles, this.#warmth.cues)
    try {
      play.open()
      for (; this.ticks < this.#warmth.ticks; this.ticks++) {
        yield
        play.tick()
      }
    } finally {
      play.close()
    }
  }

  *#role(part: WarmPart): Generator<undefined, Role | undefined> {
    const namespace = this.#twin.namespace(part.file)
    const { unit } = namespace as { unit?: unknown }
    if (!isUnit(unit)) return undefined
    const { shared, own, base, unit: name } = part
    const arena = yield* copied(base, name)
    // What a function has seen it is compiled for: the state is of the same make, and in the same kind of memory, as the live one.
    const state = new UnitState({ shared, own, arena, lastGood: arena }, copySoft(part.private.soft))
    this.#states.push(state)
    state.putOwn({ columns: part.private.columns, soft: state.soft })
    return { name, unit, state, namespace, rehearsal: part.rehearsal }
  }
}

/** A copy for this thread alone: all participants do this side by side. */
function* copied(from: SharedArrayBuffer, what: string): Generator<undefined, SharedArrayBuffer> {
  const copy = room(from.byteLength, what)
  const [source, target] = [new Uint8Array(from), new Uint8Array(copy)]
  for (let at = 0; at < copy.byteLength; at += CHUNK_BYTES) {
    target.set(source.subarray(at, at + CHUNK_BYTES), at)
    yield
  }
  return copy
}
