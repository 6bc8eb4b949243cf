import { type Board, SlotWord, Word } from './board.ts'
import type { InputLog } from './input-log.ts'

/** A call that the engine made at a handle while a version was in probation. */
export interface Call {
  readonly unit: string
  readonly name: string
  readonly args: readonly unknown[]
  /** place in the global order of starts and ends of calls, over all participants; odd, wraps at 2^32 */
  readonly start: number
  end: number
}

/** What the guard asks of the participant when a call throws. */
export interface Judge {
  /** true when the error is held against the version in probation */
  blames(unit: string, error: unknown): boolean
  /** takes note; returns what the engine gets instead of the exception */
  failed(call: Call, error: unknown): unknown
  /** a promise that a call has returned was rejected */
  rejected(call: Call, error: unknown): void
  /** id of the swap that moves the unit, 0 when none does */
  owner(unit: string): number
}

type Callable = (...args: unknown[]) => unknown

/** What the calls of a unit have taken since the last boundary. */
interface Spent {
  ms: number
  isCalled: boolean
}

/** A call of a watched export. */
interface Asked {
  readonly unit: string
  readonly name: string
  readonly spent: Spent
  readonly callee: Callable
  readonly self: unknown
  readonly args: unknown[]
}

/**
 * Stands between the engine and the units while a version is in probation: keeps the
 * calls of the tick, which a rollback replays, catches exceptions and adds up each unit's
 * time. Calls that the log of inputs wants pass through it at any time.
 */
export class Guard {
  /** the calls since the last boundary */
  readonly calls: Call[] = []
  readonly #spent = new Map<string, Spent>()
  readonly #board: Board
  readonly #calling: number
  readonly #judge: Judge
  readonly #log: InputLog
  /** After a failure the rest of the tick is only written down: the rollback will run it. */
  #suspended = false
  /** An engine may hold on to watched exports when there is nothing to watch any more. */
  #mode: 'off' | 'time' | 'watch' = 'off'
  #depth = 0
  /** arguments are kept as they are at the call; otherwise by reference */
  #copied = false

  constructor(board: Board, slot: number, log: InputLog, judge: Judge) {
    this.#board = board
    this.#log = log
    this.#calling = board.at(slot, SlotWord.CALLING)
    this.#judge = judge
  }

  /** `time`: only adds up what the units take, to compare the next version with. */
  begin(mode: 'time' | 'watch', copied = false): void {
    this.#mode = mode
    this.#copied = copied
    this.nextTick()
  }

  end(): void {
    this.#mode = 'off'
    this.nextTick()
  }

  /** Forgets the tick that ended at this boundary. */
  nextTick(): void {
    this.calls.length = 0
    for (const spent of this.#spent.values()) {
      spent.ms = 0
      spent.isCalled = false
    }
    this.#suspended = false
  }

  /** Milliseconds since the last boundary, of each unit that was called. */
  get spent(): ReadonlyMap<string, number> {
    return new Map([...this.#spent].flatMap(([unit, { ms, isCalled }]) => (isCalled ? [[unit, ms]] : [])))
  }

  /** The same of one unit. */
  spentOn(unit: string): number {
    return this.#spent.get(unit)?.ms ?? 0
  }

  /** The same exports, watched. Values stay live; functions and classes are wrapped once. */
  watch(unit: string, namespace: object): object {
    const watched = {}
    for (const name of Object.keys(namespace)) {
      const wrappers = new WeakMap<object, unknown>()
      const get = () => {
        const value = (namespace as Record<string, unknown>)[name]
        if (typeof value !== 'function') return value
        if (!wrappers.has(value)) wrappers.set(value, this.#wrap(unit, name, value as Callable))
        return wrappers.get(value)
      }
      Object.defineProperty(watched, name, { enumerable: true, get })
    }
    return watched
  }

  #wrap(unit: string, name: string, target: Callable): Callable {
    const spent = this.#spent.get(unit) ?? { ms: 0, isCalled: false }
    this.#spent.set(unit, spent)
    return new Proxy(target, {
      apply: (callee, self, args) => {
        // A call that a unit makes back through a handle belongs to the call around it.
        if (this.#depth > 0) return Reflect.apply(callee, self, args)
        return this.#call({ unit, name, spent, callee, self, args })
      },
    })
  }

  #call(asked: Asked): unknown {
    const isLogged = this.#log.wants(asked.unit)
    if (this.#mode === 'watch') return this.#watched(asked, isLogged)
    if (isLogged) return this.#logged(asked)
    return this.#mode === 'time'
      ? this.#timed(asked, false)
      : Reflect.apply(asked.callee, asked.self, asked.args)
  }

  /** Does something with units that is no call of the engine. */
  aside<T>(act: () => T): T {
    this.#depth++
    try {
      return act()
    } finally {
      this.#depth--
    }
  }

  #logged(asked: Asked): unknown {
    const { unit, name, args } = asked
    const logged = this.#log.add({ unit, name, args, start: this.#ticket(), end: 0 })
    try {
      return this.#timed(asked, true)
    } finally {
      if (logged) logged.end = this.#ticket()
    }
  }

  #watched(asked: Asked, isLogged: boolean): unknown {
    const { unit, name, args } = asked
    const kept = this.#copied ? copyOf(args) : args
    const call: Call = { unit, name, args: kept, start: this.#ticket(), end: 0 }
    this.calls.push(call)
    const logged = isLogged ? this.#log.add({ ...call, args }) : undefined
    if (this.#suspended) {
      call.end = this.#ticket()
      if (logged) logged.end = call.end
      return undefined
    }
    const owner = this.#judge.owner(unit)
    if (owner) this.#board.store(this.#calling, owner)
    let thrown: { error: unknown } | undefined
    try {
      const result = this.#timed(asked, isLogged)
      if (owner && result instanceof Promise)
        result.then(undefined, (error) => this.#mode === 'watch' && this.#judge.rejected(call, error))
      return result
    } catch (error) {
      thrown = { error }
    } finally {
      call.end = this.#ticket()
      if (logged) logged.end = call.end
      if (owner) this.#board.store(this.#calling, 0)
    }
    if (!this.#judge.blames(unit, thrown.error)) throw thrown.error
    this.#suspended = true
    return this.#judge.failed(call, thrown.error)
  }

  // Few functions on the way: each is one more that the first ticks of a version find in no cache.
  #timed({ spent, callee, self, args }: Asked, isLogged: boolean): unknown {
    const board = this.#board
    this.#depth++
    const from = board.now()
    try {
      return Reflect.apply(callee, self, args)
    } finally {
      this.#depth--
      const ms = board.now() - from
      spent.ms += ms
      spent.isCalled = true
      if (isLogged) this.#log.took(ms)
    }
  }

  #ticket(): number {
    return (this.#board.add(Word.TICKET, 2) + 1) | 0
  }
}

/** What cannot be copied is kept by reference. */
function copyOf(args: unknown[]): unknown[] {
  try {
    return structuredClone(args)
  } catch {
    return args
  }
}
