import { type Board, SlotWord } from '../swap/board.ts'
import type { Cue } from '../swap/play.ts'
import type { OwnState, SampledMessage } from '../swap/protocol.ts'
import type { Crew } from './crew.ts'

/** A participant that ticks answers within two of its ticks; nobody waits for one that does not. */
const PATIENCE_MS = 150

/** What participants have handed over for a rehearsal. */
export interface Sample {
  readonly own: ReadonlyMap<string, OwnState>
  readonly cues: readonly Cue[]
}

const NOTHING: Sample = { own: new Map(), cues: [] }

/** Asks participants for what only they have: their own state, and the calls of a tick. */
export class Samples {
  readonly #board: Board
  readonly #crew: Crew
  #last = 0
  #answer: ((message: SampledMessage) => void) | undefined

  constructor(board: Board, crew: Crew) {
    this.#board = board
    this.#crew = crew
  }

  /** An answer that nobody waits for any more is forgotten. */
  take(message: SampledMessage): void {
    if (message.sample === this.#last) this.#answer?.(message)
  }

  /**
   * @param units whose own state is wanted: of one participant
   * @param calls whose calls are wanted: of the first participant that makes any
   */
  async ask(units: readonly string[], calls: readonly string[]): Promise<Sample> {
    const online = this.#crew.online()
    if (online.length === 0 || units.length + calls.length === 0) return NOTHING
    const asked = calls.length > 0 ? online : [this.#liveliest(online)]
    const sample = ++this.#last
    for (const slot of asked) this.#crew.send(slot, { type: 'sample', sample, units, calls })
    this.#board.attend()
    const answers: SampledMessage[] = []
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS)
      this.#answer = (message) => {
        answers.push(message)
        if (message.cues.length === 0 && answers.length < asked.length) return
        clearTimeout(timer)
        resolve()
      }
    })
    this.#answer = undefined
    const best = answers.find(({ cues }) => cues.length > 0) ?? answers[0]
    if (!best) return NOTHING
    return { own: new Map(best.units.map((each) => [each.unit, each.private])), cues: best.cues }
  }

  /** One that has no messages to catch up with. */
  #liveliest(online: readonly number[]): number {
    const isHeld = (slot: number) => this.#board.load(this.#board.at(slot, SlotWord.HELD)) !== 0
    return online.find((slot) => !isHeld(slot)) ?? online[0]!
  }
}
