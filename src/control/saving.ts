import type { PrepareMessage, RequestMessage, SavedMessage } from '../swap/protocol.ts'
import type { Control } from './control.ts'
import type { OwnStates, Participants } from './states.ts'
import { Stop } from './stop.ts'
import { Transaction } from './transaction.ts'

/** Nobody parks before all have answered; who does not answer so soon is not waited for. */
const ANSWER_MS = 500
/** What a participant has for itself comes when it has left the boundary. */
const HAND_OVER_MS = 1000
const RESTING_MS = 20
const NOTHING = { artifacts: [], evaluate: [], lazy: [], rebind: [], removed: [] }

/**
 * Has all participants meet at one boundary at which nothing changes. What they share is kept there as it stands, in
 * each unit's `lastGood`, and each hands over what it has for itself. It goes the road of a swap that is only
 * rehearsed, so that whoever hangs, dies or joins meanwhile is dealt with as it is there.
 */
export class Saving {
  readonly #control: Control
  #id = 0
  #answers = new Map<number, OwnStates>()

  constructor(control: Control) {
    this.#control = control
  }

  /**
   * What a participant has copied, or, where it has sent nothing, what all of them have when they meet. Gives false
   * when they have not met: they do not tick, or a swap is under way, which goes first.
   */
  async answer({ slot, body }: RequestMessage<'checkpoint'>): Promise<boolean> {
    const { persistence, catalog, crew, settings } = this.#control
    const names = () => crew.list().map(({ name }) => name)
    if (body.units) await persistence.save(body.units, catalog, crew.name(slot), names())
    if (body.units || settings.syncTest) return body.units !== undefined
    // What was kept is copied at once, so that the next swap may begin before it is on disk.
    const saved = await this.#control.between(async (id) => {
      const own = await this.#meet(id)
      return own && { written: persistence.saveKept(own, catalog, names()) }
    })
    await saved?.written
    return saved !== undefined
  }

  /** What a participant hands over; of a saving that has been given up it is not wanted any more. */
  take({ slot, id, units }: SavedMessage): void {
    if (id !== this.#id) return
    this.#answers.set(slot, Object.fromEntries(units.map((each) => [each.unit, each.private])))
    this.#control.board.ring()
  }

  /** By name, what participants have for themselves; undefined when they have not met. */
  async #meet(id: number): Promise<Participants | undefined> {
    const { crew, barrier } = this.#control
    this.#id = id
    this.#answers = new Map()
    const isKept = await this.#travel(id)
    this.#control.offer = undefined
    crew.broadcast({ type: 'outcome', id, outcome: 'discarded', passed: 0, restore: 0 })
    if (!isKept) return undefined
    const haveAll = (slots: readonly number[]) => slots.every((slot) => this.#answers.has(slot))
    const hasAnswered = await barrier.until(() => haveAll(crew.online()), HAND_OVER_MS)
    // Half of what belongs together is no state to go back to.
    if (!hasAnswered) return undefined
    // Of one that rests and does not hear, what it had at the last one stays: it has done nothing since.
    await barrier.until(() => haveAll(crew.present()), RESTING_MS)
    return new Map(Array.from(this.#answers, ([slot, own]) => [crew.name(slot), own]))
  }

  async #travel(id: number): Promise<boolean> {
    const message: PrepareMessage = {
      type: 'prepare',
      id,
      update: NOTHING,
      moves: [],
      scripts: [],
      generation: 0,
      back: [],
      reason: 'swap',
      watch: { budgetMs: Number.POSITIVE_INFINITY, baselineTicks: 0 },
      dryRun: true,
      alone: false,
      save: true,
    }
    this.#control.offer = message
    const { settings } = this.#control
    const prepareMs = Math.min(settings.prepareMs, ANSWER_MS)
    const terms = {
      prepareMs,
      parkMs: settings.parkMs,
      confirmMs: undefined,
      ticks: 0,
      lastsMs: 0,
      leastTicks: 0,
    }
    const transaction = new Transaction(this.#control, message, terms, {
      // A swap is not kept waiting for it.
      isCancelled: () => this.#control.isAwaited,
      isConfirmed: () => true,
      isAwaited: () => false,
      isClosed: () => this.#control.closed,
      progress: () => {},
    })
    try {
      await transaction.prepare()
      await transaction.meet()
      return false
    } catch (error) {
      if (error instanceof Stop) return error.outcome === 'dry-run'
      throw error
    }
  }
}
