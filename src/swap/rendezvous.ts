import { type Board, ParticipantState, reached, SlotWord, Status, Word } from './board.ts'

/** A waiter looks again this often, so that a member that died is not waited for. */
const SLICE_MS = 2

/** What members do something about, one by one, once it is decided. */
const CARRIED_OUT: ReadonlySet<number> = new Set([Status.COMMITTED, Status.PERMANENT, Status.ROLLED_BACK])

/** What a participant does in a rendezvous besides waiting. */
export interface Member {
  /** runs in one member, when all have arrived; must not throw */
  lead(office: Office): void
  /** runs in the others when the leader of `round` asks for their part */
  assist(round: number): void
  /** whether the meeting has been called off: it ends as if its deadline had passed */
  isCalledOff(): boolean
  /** runs in one member when `missing` slots did not arrive in time; true: to be led without them */
  giveUp(missing: readonly number[]): boolean
  /** runs in one member when the leader's thread ended in its work, or did not finish in time */
  takeOver(office: Office): void
}

/**
 * The word LEADER: -1, or the round and the slot that leads it. A leader works on copies until it
 * *seals* its office; until then it can be deposed, and then finds that it can seal nothing any more.
 * A sealed leader is only replaced when its thread has ended, and all that is done under the seal can
 * be done twice.
 */
const NOBODY = -1
const SLOT_BITS = 8
const SEALED = 1 << SLOT_BITS
const ROUND_SHIFT = SLOT_BITS + 1
const ROUND_MASK = 0x3fffff

const officeOf = (round: number, slot: number): number => ((round & ROUND_MASK) << ROUND_SHIFT) | slot
const slotOf = (office: number): number => office & (SEALED - 1)

/** The slot that leads a round at the moment, -1 when nobody does. */
export const leaderSlot = (board: Board): number => {
  const office = board.load(Word.LEADER)
  return office === NOBODY ? NOBODY : slotOf(office)
}

/** Whose office it was before, and why it is no longer. */
export interface Predecessor {
  readonly slot: number
  /** its thread has ended; otherwise it hangs */
  readonly isGone: boolean
  /** milliseconds for which it was waited for */
  readonly ms: number
}

/** One member's claim to lead one round. */
export class Office {
  readonly round: number
  /** the leader before had done with everything that calls a unit's code */
  readonly wasSealed: boolean
  readonly before: Predecessor | undefined
  readonly #board: Board
  #word: number
  /** how the swap stood when the round was claimed */
  readonly #decision: number

  constructor(board: Board, round: number, word: number, wasSealed = false, before?: Predecessor) {
    this.round = round
    this.wasSealed = wasSealed
    this.before = before
    this.#board = board
    this.#word = word
    this.#decision = board.decision
  }

  /** From here on nobody takes the lead away while this thread lives. false: somebody has. */
  seal(): boolean {
    if (this.#word & SEALED) return true
    if (!this.#board.swap(Word.LEADER, this.#word, this.#word | SEALED)) return false
    this.#word |= SEALED
    return true
  }

  /** Whether it still leads. */
  get isHeld(): boolean {
    return this.#board.load(Word.LEADER) === this.#word
  }

  /** Gives the round back unled. */
  resign(): void {
    if (this.#board.swap(Word.LEADER, this.#word, NOBODY)) this.#board.wake()
  }

  /** Ends the round for everybody. */
  release(): void {
    const board = this.#board
    board.store(Word.STEP, 0)
    board.store(Word.ROUND, this.round)
    board.store(Word.LEADER, NOBODY)
    board.wake()
    // Waking the control thread is dear. A round in which nothing was decided is none to it, and what the members
    // carry out the last of them tells it of, when none of them needs the core any more.
    if (board.decision !== this.#decision && !CARRIED_OUT.has(board.present)) board.ring()
  }
}

/** The slots that a round waits for and that have not arrived at it. */
export const missingAt = (board: Board, round: number): number[] =>
  board
    .inState(ParticipantState.ONLINE)
    .filter((slot) => board.load(board.at(slot, SlotWord.ARRIVED)) !== round)

/**
 * Meets the other participants at a tick boundary. The last to arrive leads: it does the
 * work of the round and then lets everybody go. No participant passes before the round is
 * complete, so between arrival and return nothing but `lead` and `assist` runs anywhere.
 *
 * @returns milliseconds from arrival until all had arrived, as far as this member can tell
 */
export function rendezvous(board: Board, slot: number, member: Member, deadlineMs: number): number {
  const round = board.load(Word.ROUND) + 1
  const arrived = board.now()
  const patience = new Patience(board, slot)
  let gathered = 0
  // Nobody is woken by this: the last to arrive sees that all have, whoever waits then has nothing to do yet, and
  // with more threads than cores waking them each time is what a meeting would cost.
  board.store(board.at(slot, SlotWord.ARRIVED), round)
  for (;;) {
    const wake = board.load(Word.WAKE)
    if (reached(board.load(Word.ROUND), round)) break
    if (board.load(Word.LEADER) === NOBODY) {
      const isOver = board.now() - arrived > deadlineMs || member.isCalledOff()
      const office = isOver || missingAt(board, round).length === 0 ? claim(board, slot, round) : undefined
      if (office) {
        const missing = missingAt(board, round)
        // Somebody may have come online at this instant: it goes on only once it sees no leader.
        if (missing.length > 0 && !isOver) office.resign()
        else {
          gathered ||= board.now() - arrived
          work(office, () => {
            if (missing.length === 0 || member.giveUp(missing)) member.lead(office)
          })
        }
        continue
      }
    } else {
      const office = patience.succeed()
      if (office) {
        work(office, () => member.takeOver(office))
        continue
      }
      if (board.load(Word.STEP) === round) {
        gathered ||= board.now() - arrived
        member.assist(round)
      }
    }
    board.wait(Word.WAKE, wake, SLICE_MS)
  }
  return gathered || board.now() - arrived
}

/** Leads a round without meeting anybody: for a participant that is the only one. */
export function leadAlone(board: Board, slot: number, lead: (office: Office) => void): boolean {
  const round = board.load(Word.ROUND) + 1
  const isAlone = () => board.inState(ParticipantState.ONLINE).every((other) => other === slot)
  const office = isAlone() ? claim(board, slot, round) : undefined
  if (!office) return false
  // Whoever comes online now waits; who came before that runs already.
  if (!isAlone()) {
    office.resign()
    return false
  }
  board.store(board.at(slot, SlotWord.ARRIVED), round)
  work(office, () => lead(office))
  return true
}

/** Waits until no round is being led: its leader had counted the members before this one came. */
export function letPass(board: Board, slot: number, takeOver: (office: Office) => void): void {
  const patience = new Patience(board, slot)
  for (;;) {
    const wake = board.load(Word.WAKE)
    if (board.load(Word.LEADER) === NOBODY) return
    const office = patience.succeed()
    if (office) work(office, () => takeOver(office))
    else board.wait(Word.WAKE, wake, SLICE_MS)
  }
}

/** Becomes the leader of a round that has none. */
function claim(board: Board, slot: number, round: number): Office | undefined {
  const word = officeOf(round, slot)
  if (!board.swap(Word.LEADER, NOBODY, word)) return undefined
  const office = new Office(board, round, word)
  if (!reached(board.load(Word.ROUND), round)) return office
  // The round was over before it was claimed.
  office.resign()
  return undefined
}

/** A member's patience with the leader it waits for. */
class Patience {
  readonly #board: Board
  readonly #slot: number
  #leader = NOBODY
  #since = 0

  constructor(board: Board, slot: number) {
    this.#board = board
    this.#slot = slot
  }

  /** The office of a leader whose thread has ended, or that has not sealed within its deadline. */
  succeed(): Office | undefined {
    const board = this.#board
    const leader = board.load(Word.LEADER)
    if (leader === NOBODY) return undefined
    if (leader !== this.#leader) {
      this.#leader = leader
      this.#since = board.now()
    }
    const isGone = board.state(slotOf(leader)) === ParticipantState.DEAD
    const isSlow = !(leader & SEALED) && board.now() - this.#since > board.load(Word.LEAD_DEADLINE_MS)
    if (!isGone && !isSlow) return undefined
    const round = board.load(Word.ROUND) + 1
    if (leader >>> ROUND_SHIFT !== (round & ROUND_MASK)) {
      // It ended after it had released its round.
      if (isGone) board.swap(Word.LEADER, leader, NOBODY)
      return undefined
    }
    const word = officeOf(round, this.#slot)
    if (!board.swap(Word.LEADER, leader, word)) return undefined
    const before = { slot: slotOf(leader), isGone, ms: board.now() - this.#since }
    return new Office(board, round, word, (leader & SEALED) !== 0, before)
  }
}

/** Whatever happens to the leader, the others go on; unless it was deposed, and another one sees to that. */
function work(office: Office, act: () => void): void {
  try {
    act()
  } finally {
    if (office.seal()) office.release()
  }
}
