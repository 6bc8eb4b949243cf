/** The engine's shared memory: frames, who steps which districts, and a record of what everybody ran. */
import { DISTRICTS } from './systems/city.ts'

/** The order in which each participant steps them. */
export const SYSTEMS = ['terrain', 'roads', 'zoning', 'power', 'traffic', 'citizens', 'economy'] as const
export type SystemName = (typeof SYSTEMS)[number]

/** threads that share the districts at most, the main thread among them */
export const MAX_CREW = 12
/** frames that the record goes back */
const RECORD_FRAMES = 256

const FRAME = 0
const STOP = 1
const WORDS = 2
/** words of each participant */
const PART = { READY: 0, FIRST: 1, LAST: 2, DONE: 3, ERRORS: 4, TICK_US: 5, WORK_US: 6, SIZE: 8 } as const
/** words of the record, for one participant and frame: the frame, then what it ran of each system */
const ENTRY = SYSTEMS.length + 1

/** What the engine's loop needs of a unit's handle. */
export interface System {
  readonly version: string
  readonly exports: {
    step(first: number, last: number, frame: number): void
    unit: { definition: { version: string } }
  }
}

export interface Times {
  /** milliseconds inside tick() and in the systems, last frame */
  tickMs: number
  workMs: number
}

export class Crew {
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #record: Uint32Array

  constructor(buffer?: SharedArrayBuffer) {
    const words = WORDS + MAX_CREW * PART.SIZE
    this.buffer = buffer ?? new SharedArrayBuffer((words + RECORD_FRAMES * MAX_CREW * ENTRY) * 4)
    this.#words = new Int32Array(this.buffer, 0, words)
    this.#record = new Uint32Array(this.buffer, words * 4)
    if (!buffer) this.#words[FRAME] = -1
  }

  get frame(): number {
    return Atomics.load(this.#words, FRAME)
  }

  get stopping(): boolean {
    return Atomics.load(this.#words, STOP) === 1
  }

  /** Lets a new participant take part from the next frame on. */
  enlist(member: number): void {
    Atomics.store(this.#words, at(member, PART.DONE), -1)
    Atomics.store(this.#words, at(member, PART.READY), 1)
  }

  /** Takes a participant out. */
  dismiss(member: number): void {
    Atomics.store(this.#words, at(member, PART.READY), 0)
  }

  /** The participants that take part, in order. */
  members(): number[] {
    const members: number[] = []
    for (let i = 0; i < MAX_CREW; i++) if (Atomics.load(this.#words, at(i, PART.READY)) === 1) members.push(i)
    return members
  }

  // ---- the main thread's side ----

  /** Shares the districts out, and lets everybody begin `frame`. */
  begin(frame: number, members: readonly number[]): void {
    const words = this.#words
    members.forEach((member, i) => {
      words[at(member, PART.FIRST)] = Math.floor((DISTRICTS * i) / members.length)
      words[at(member, PART.LAST)] = Math.floor((DISTRICTS * (i + 1)) / members.length)
    })
    Atomics.store(words, FRAME, frame)
    Atomics.notify(words, FRAME)
  }

  /** Waits until all have finished the frame. @returns the members that have not within `deadlineMs` */
  finish(frame: number, members: readonly number[], deadlineMs: number): number[] {
    const end = performance.now() + deadlineMs
    return members.filter((member) => !this.#hasDone(member, frame, end))
  }

  #hasDone(member: number, frame: number, end: number): boolean {
    const word = at(member, PART.DONE)
    for (;;) {
      const done = Atomics.load(this.#words, word)
      if (done === frame) return true
      const left = end - performance.now()
      if (done === failed(frame) || left <= 0) return false
      Atomics.wait(this.#words, word, done, left)
    }
  }

  stop(): void {
    Atomics.store(this.#words, STOP, 1)
    Atomics.add(this.#words, FRAME, 1)
    Atomics.notify(this.#words, FRAME)
  }

  /** Whether participants ran different versions of a system in `frame`, by the record. */
  isMixed(frame: number, members: readonly number[]): boolean {
    const [first, ...others] = members.map((member) => entry(frame, member))
    return others.some((other) => {
      for (let i = 0; i < ENTRY; i++) if (this.#record[other + i] !== this.#record[first! + i]) return true
      return false
    })
  }

  times(member: number): Times {
    const words = this.#words
    return {
      tickMs: words[at(member, PART.TICK_US)]! / 1000,
      workMs: words[at(member, PART.WORK_US)]! / 1000,
    }
  }

  /** Exceptions that reached the engine, in all participants. */
  errors(): number {
    let total = 0
    for (let i = 0; i < MAX_CREW; i++) total += Atomics.load(this.#words, at(i, PART.ERRORS))
    return total
  }

  // ---- every participant's side ----

  /** Blocks until a frame after `seen` begins. */
  next(seen: number): number {
    while (this.frame === seen) Atomics.wait(this.#words, FRAME, seen)
    return this.frame
  }

  /** One frame of a participant: the boundary, then its share of the districts in every system. */
  work(
    member: number,
    frame: number,
    runtime: { tick(frame: number): void },
    systems: readonly System[],
  ): void {
    const words = this.#words
    const begun = performance.now()
    try {
      runtime.tick(frame)
      const ticked = performance.now()
      this.#step(member, frame, systems)
      words[at(member, PART.TICK_US)] = (ticked - begun) * 1000
      words[at(member, PART.WORK_US)] = (performance.now() - ticked) * 1000
      Atomics.store(words, at(member, PART.DONE), frame)
    } catch (error) {
      Atomics.add(words, at(member, PART.ERRORS), 1)
      Atomics.store(words, at(member, PART.DONE), failed(frame))
      console.error(`participant ${member}, frame ${frame}:`, error)
    }
    Atomics.notify(words, at(member, PART.DONE))
  }

  #step(member: number, frame: number, systems: readonly System[]): void {
    const first = this.#words[at(member, PART.FIRST)]!
    const last = this.#words[at(member, PART.LAST)]!
    const from = entry(frame, member)
    this.#record[from] = frame
    for (let i = 0; i < systems.length; i++) {
      const system = systems[i]!
      this.#record[from + 1 + i] = codeOf(system)
      system.exports.step(first, last, frame)
    }
  }
}

const at = (member: number, word: number): number => WORDS + member * PART.SIZE + word
const failed = (frame: number): number => -2 - frame
const entry = (frame: number, member: number): number => ((frame % RECORD_FRAMES) * MAX_CREW + member) * ENTRY

const codes = new Map<string, number>()

/** One number for what the runtime says runs and for what the code at hand says it is. */
function codeOf(system: System): number {
  const text = `${system.version} ${system.exports.unit.definition.version}`
  let code = codes.get(text)
  if (code === undefined) {
    code = 0x811c9dc5
    for (let i = 0; i < text.length; i++) code = Math.imul(code ^ text.charCodeAt(i), 0x01000193) >>> 0
    codes.set(text, code)
  }
  return code
}
