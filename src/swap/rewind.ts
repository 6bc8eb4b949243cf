import { serialize } from 'node:v8'
import { type Finding, finding } from '../errors.ts'
import { addon } from '../native/addon.ts'
import { copyMemory, type UnitState } from '../state/memory.ts'
import { copySoft } from '../state/soft.ts'
import { type Board, ParticipantState, Restore, SlotWord, Status, Word } from './board.ts'
import { ofVersion } from './frames.ts'
import type { Call } from './guard.ts'
import type { InputLog, Inputs, LoggedCall } from './input-log.ts'
import {
  INPUT_WORDS,
  InputWord,
  Obstacle,
  type ObstacleCode,
  obstacleAt,
  RewindPhase,
} from './input-words.ts'
import { againstChange } from './kept-arguments.ts'
import type { Probation } from './probation.ts'
import type { FailureMessage } from './protocol.ts'
import type { Office } from './rendezvous.ts'
import { announceReplay, NEXT_PASS, replay } from './replay.ts'
import { membersOf } from './sync-test.ts'
import type { Transition } from './transition.ts'
import type { World } from './world.ts'

/** What a call came to: gives its result, or throws what it threw. */
export type Answer = () => unknown

/** What making the calls again needs of its participant. */
export interface RewindHost {
  readonly board: Board
  readonly slot: number
  readonly world: World
  readonly probation: Probation
  readonly log: InputLog
  meet(purpose: 'rewind'): void
  failure(message: Omit<FailureMessage, 'type' | 'slot'>): void
}

const UNDER_WAY: ReadonlySet<number> = new Set([RewindPhase.OFFERED, RewindPhase.FIRST, RewindPhase.AGAIN])
const DECIDED: ReadonlySet<number> = new Set([Status.COMMITTED, Status.ROLLED_BACK])

/** What stands in the way of making the calls since a swap again; 0 when nothing does. `members`: who was there then. */
export function obstacleTo(board: Board, since: number, members: number): number {
  const online = board.inState(ParticipantState.ONLINE)
  for (const slot of online) {
    const reach = Atomics.load(board.inputs, INPUT_WORDS + slot)
    if (reach < 0) return obstacleAt(-reach as ObstacleCode, slot)
    if (reach > since) return obstacleAt(Obstacle.JOINED, slot)
  }
  if (membersOf(online) !== members) return obstacleAt(Obstacle.LEFT, 0)
  const hasStranger = since <= Atomics.load(board.inputs, InputWord.STRANGER)
  return hasStranger ? obstacleAt(Obstacle.STRANGER, 0) : Obstacle.NONE
}

/** From the commit of a swap on its inputs are logged, by those who are there. */
export function beginLogging({ inputs }: Board, id: number, members: readonly number[]): void {
  inputs[InputWord.MEMBERS] = membersOf(members)
  Atomics.store(inputs, InputWord.LATEST, id)
  // An attempt of the same swap may have failed because somebody came: that one is among them now.
  if (inputs[InputWord.STRANGER]! >= id) Atomics.store(inputs, InputWord.STRANGER, id - 1)
}

/** Has all members make the calls since a swap again, once what they meet for has been decided, or says why not. */
export function offerRewind(board: Board, id: number, since: number, members: number): void {
  const why = obstacleTo(board, since, members)
  board.inputs[InputWord.WHY] = why
  board.inputs[InputWord.SWAP] = id
  board.inputs[InputWord.VISITED] = 0
  const { NONE, OFFERED } = RewindPhase
  Atomics.store(board.inputs, InputWord.PHASE, why === Obstacle.NONE ? OFFERED : NONE)
}

/**
 * Brings the state of a group back to a backup and makes all calls since then again, with the code that runs now:
 * twice, because only what comes to the same state both times is what the code would have made of these inputs.
 * All participants do this side by side, between two ticks, in three rounds: before the first time, between the two
 * and after them. Whatever goes wrong, the state that was kept before goes on.
 */
export class Rewind {
  /** places the calls that are made after all this behind those that have been made in it */
  shift = 0
  /** what the call came to that the engine waits for */
  answer: Answer | undefined
  readonly #host: RewindHost
  readonly #board: Board
  #plan: Transition | undefined

  constructor(host: RewindHost) {
    this.#host = host
    this.#board = host.board
  }

  /**
   * Takes part, when the members have agreed on it.
   * @param undone calls of the present tick: some of them may still have to be made afterwards
   * @param asked the call whose answer the engine waits for
   * @returns true when the state is now what the code that runs makes of the inputs
   */
  run(transition: Transition, since: number, undone: readonly Call[], asked?: Call): boolean {
    this.shift = 0
    this.answer = undefined
    if (!this.#isOn(transition.id)) return false
    const { board, slot, log, probation } = this.#host
    const known = log.since(since)
    const inputs = known ?? { calls: [], own: new Map() }
    const units = this.#states(transition)
    const before = units.map(({ state }) => state.takeOwn())
    announceReplay(board, slot, inputs.calls)
    this.#meet(transition)
    const once = this.#at(RewindPhase.FIRST) && probation.aside(() => this.#play(transition, inputs, 0))
    announceReplay(board, slot, inputs.calls, NEXT_PASS)
    this.#meet(transition)
    if (this.#at(RewindPhase.AGAIN)) {
      const twice = probation.aside(() => this.#play(transition, inputs, NEXT_PASS, asked))
      const round = board.load(Word.ROUND) + 1
      board.store(board.at(slot, SlotWord.VOTE), known && once === twice ? round : -round)
      this.shift = 2 * NEXT_PASS
      announceReplay(board, slot, undone, this.shift)
      this.#meet(transition)
    }
    if (this.#at(RewindPhase.KEPT)) return true
    for (const [i, { state }] of units.entries()) state.putOwn(before[i]!)
    this.#giveUp(transition, undone)
    return false
  }

  /** The calls of the present tick are all that is left to be made: in their order, which all must know. */
  #giveUp(transition: Transition, undone: readonly Call[]): void {
    this.shift = 2 * NEXT_PASS
    announceReplay(this.#board, this.#host.slot, undone, this.shift)
    this.#plan = transition
    if (this.#at(RewindPhase.GIVEN_UP)) this.#host.meet('rewind')
  }

  /** One that comes while the others are at it waits for them, and has nothing to add. */
  attend(transition: Transition | undefined): void {
    if (!transition || !(this.#isOn(transition.id) || this.#isGivenUp(transition.id))) return
    // Its calls, if it was there at the commit, are not made with the others': what comes of theirs is not the state.
    Atomics.store(this.#board.inputs, InputWord.VISITED, transition.id)
    announceReplay(this.#board, this.#host.slot, [])
    while (this.#isOnline && this.#isOn(transition.id)) this.#meet(transition)
    this.#giveUp(transition, [])
  }

  #isOn(id: number): boolean {
    return this.#isOurs(id) && UNDER_WAY.has(this.#phase)
  }

  /** Until its last round has brought the state back, it would take along what is done beside it. */
  #isGivenUp(id: number): boolean {
    return this.#isOurs(id) && this.#phase === RewindPhase.GIVEN_UP
  }

  #isOurs(id: number): boolean {
    const { inputs } = this.#board
    return Atomics.load(inputs, InputWord.SWAP) === id && DECIDED.has(this.#board.status(id))
  }

  get #phase(): number {
    return Atomics.load(this.#board.inputs, InputWord.PHASE)
  }

  get #isOnline(): boolean {
    return this.#board.state(this.#host.slot) === ParticipantState.ONLINE
  }

  /** Somebody who took too long is not waited for: what the others do is not for it. */
  #at(phase: number): boolean {
    return this.#isOnline && this.#phase === phase
  }

  #meet(transition: Transition): void {
    this.#plan = transition
    if (this.#isOnline && UNDER_WAY.has(this.#phase)) this.#host.meet('rewind')
  }

  /** Makes this participant's calls, from what it had for itself at the backup. @returns what it has for itself now */
  #play(transition: Transition, { calls, own }: Inputs, shift: number, asked?: Call): string {
    const { board, slot } = this.#host
    const units = this.#states(transition)
    for (const { name, state } of units) {
      const part = own.get(name)
      if (part) state.putOwn({ columns: part.columns, soft: copySoft(part.soft) })
    }
    const isLast = shift > 0
    let isTold = !isLast
    replay(
      board,
      slot,
      calls,
      (call) => {
        const answer = this.#make(call)
        if (call.start === asked?.start) this.answer = isLast ? answer : undefined
        else if (!isTold) isTold = this.#tell(transition.id, call, answer)
      },
      { shift, isStrict: true },
    )
    return units.map(({ state }) => ownHash(state.takeOwn())).join()
  }

  #make(call: LoggedCall): Answer {
    const live = this.#host.world.units.get(call.unit)
    const target = (live?.namespace as Record<string, unknown> | undefined)?.[call.name]
    if (typeof target !== 'function') return () => undefined
    try {
      const result: unknown = target(...againstChange(call))
      // Whoever waited for the promise had the one of the first time.
      if (result instanceof Promise) result.catch(() => {})
      return () => result
    } catch (error) {
      return () => {
        throw error
      }
    }
  }

  /** A call that throws is told of, once. @returns whether it did */
  #tell(id: number, { unit, name }: Call, answer: Answer): boolean {
    try {
      answer()
      return false
    } catch (error) {
      const { file } = this.#host.world.units.get(unit)!
      const message = `${name} threw when it was made again${ofVersion(error)}: ${error}`
      const found: Finding = finding('TICKSWAP_E_REPLAY', message, { unit, file, severity: 'warning' })
      this.#host.failure({ id, finding: found })
      return true
    }
  }

  // ---- what one participant does for all ------------------------------------------

  /** The round at hand. All that is done here can be done twice, or ends in the state that was kept. */
  lead(office: Office): void {
    const { inputs } = this.#board
    if (!office.seal() || inputs[InputWord.DONE] === office.round) return
    const why = this.#failure(office)
    if (why !== Obstacle.NONE && UNDER_WAY.has(this.#phase)) {
      inputs[InputWord.WHY] = why
      Atomics.store(inputs, InputWord.PHASE, RewindPhase.GIVEN_UP)
    }
    this.#step(this.#plan!)
    inputs[InputWord.DONE] = office.round
  }

  #step(transition: Transition): void {
    const { inputs } = this.#board
    switch (this.#phase) {
      case RewindPhase.OFFERED:
        this.#restore(transition)
        Atomics.store(inputs, InputWord.PHASE, RewindPhase.FIRST)
        break
      case RewindPhase.FIRST: {
        const hash = this.#sharedHash(transition)
        inputs[InputWord.HASH_LOW] = Number(BigInt.asIntN(32, hash))
        inputs[InputWord.HASH_HIGH] = Number(BigInt.asIntN(32, hash >> 32n))
        this.#restore(transition)
        Atomics.store(inputs, InputWord.PHASE, RewindPhase.AGAIN)
        break
      }
      case RewindPhase.AGAIN:
        this.#board.store(Word.RESTORE, Restore.REPLAY)
        Atomics.store(inputs, InputWord.PHASE, RewindPhase.KEPT)
        break
      case RewindPhase.GIVEN_UP:
        for (const { state } of this.#states(transition)) state.restoreShared()
        // What was kept is the state before the commit, of units that then go back to a backup as well.
        if (this.#isCommitted(transition)) transition.bringMates()
        Atomics.store(inputs, InputWord.PHASE, RewindPhase.BROUGHT_BACK)
    }
  }

  /** Why the state that was kept has to go on; 0 when all is well. */
  #failure(office: Office): number {
    const board = this.#board
    const online = board.inState(ParticipantState.ONLINE)
    if (membersOf(online) !== board.inputs[InputWord.MEMBERS]) return obstacleAt(Obstacle.LEFT, 0)
    if (Atomics.load(board.inputs, InputWord.VISITED) === this.#plan!.id)
      return obstacleAt(Obstacle.VISITED, 0)
    if (this.#phase !== RewindPhase.AGAIN) return Obstacle.NONE
    const differs = online.find((slot) => board.load(board.at(slot, SlotWord.VOTE)) !== office.round)
    if (differs !== undefined) return obstacleAt(Obstacle.DIFFERS, differs)
    const hash = this.#sharedHash(this.#plan!)
    const isSame =
      Number(BigInt.asIntN(32, hash)) === board.inputs[InputWord.HASH_LOW] &&
      Number(BigInt.asIntN(32, hash >> 32n)) === board.inputs[InputWord.HASH_HIGH]
    return isSame ? Obstacle.NONE : obstacleAt(Obstacle.DIFFERS, online[0] ?? 0)
  }

  /** The shared columns stand as in the backup. */
  #restore(transition: Transition): void {
    const baseline = this.#baseline(transition)
    for (const { name, state } of this.#states(transition))
      copyMemory(baseline.get(name)!, state.memory.arena)
  }

  #sharedHash(transition: Transition): bigint {
    const hashes = this.#states(transition).map(({ state }) =>
      addon().hash(new Uint8Array(state.memory.arena)),
    )
    return addon().hash(new BigUint64Array(hashes.map((hash) => BigInt.asUintN(64, hash))))
  }

  #isCommitted({ id }: Transition): boolean {
    return this.#board.status(id) === Status.COMMITTED
  }

  /** Where the calls are made from: what a rollback by hand brings, or the backup of the swap that was taken back. */
  #baseline(transition: Transition): Map<string, SharedArrayBuffer> {
    const { rewind, moves, mates = [] } = transition.message
    if (rewind && this.#isCommitted(transition))
      return new Map(rewind.units.map(({ unit, memory }) => [unit, memory]))
    const kept = [...moves, ...mates].flatMap(({ unit, backup }) => (backup ? [[unit, backup] as const] : []))
    return new Map(kept)
  }

  /** The state of each unit as it was decided, also when this participant has yet to follow the decision. */
  #states(transition: Transition): { name: string; state: UnitState }[] {
    const isNext = this.#isCommitted(transition)
    return [...this.#baseline(transition).keys()].map((name) => {
      return { name, state: transition.stateOf(name, isNext) }
    })
  }
}

/** Soft state that cannot be serialised is not compared. */
function ownHash({ columns, soft }: { columns: object; soft: object }): string {
  try {
    return String(addon().hash(serialize([columns, soft])))
  } catch {
    return ''
  }
}
