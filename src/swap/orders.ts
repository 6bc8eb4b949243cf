import { type Finding, finding } from '../errors.ts'
import { type Loaded, load } from './load.ts'
import type { OutcomeMessage, PrepareMessage } from './protocol.ts'
import type { World } from './world.ts'

export type Order = PrepareMessage | OutcomeMessage

/** What carrying out an order means for the participant. */
export interface Obedience {
  begin(message: PrepareMessage): void
  /** `ms` from the order until the candidate was loaded, or was found not to load */
  loaded(message: PrepareMessage, loaded: Loaded, ms: number): void
  obey(message: OutcomeMessage): void
  /** true when it does not tick: orders are then carried out as soon as they can be */
  isResting(): boolean
}

/** The orders of the control thread to one participant, carried out one after the other. */
export class Orders {
  readonly #world: World
  readonly #obedience: Obedience
  readonly #queue: Order[] = []
  /** id of the swap whose candidate is being loaded, 0 when none is */
  #loading = 0

  constructor(world: World, obedience: Obedience) {
    this.#world = world
    this.#obedience = obedience
  }

  push(order: Order): void {
    this.#queue.push(order)
  }

  /** Why this participant must not tick: it still loads what the others run by now. */
  behind(): Finding | undefined {
    const live = this.#queue.find(
      (order) => order.type === 'outcome' && order.id === this.#loading && order.outcome !== 'rolled-back',
    )
    if (!live) return undefined
    return finding('TICKSWAP_E_LEFT_BEHIND', 'the module that the others run still awaits in its body here')
  }

  /** Whether all there is to do is to load, which no tick has to be kept waiting for. */
  canLoadAhead(): boolean {
    const [order, ...more] = this.#queue
    // The running version is timed from a boundary on.
    return !this.#loading && more.length === 0 && order?.type === 'prepare' && order.watch.baselineTicks === 0
  }

  /** As far as possible: what follows a candidate that still awaits must wait too. */
  carryOut(): void {
    if (this.#loading && !this.#giveUpLoading()) return
    for (let order = this.#queue.shift(); order; order = this.#queue.shift()) {
      if (order.type === 'outcome') this.#obedience.obey(order)
      else this.#load(order)
      if (this.#loading) return
    }
  }

  /** A candidate that still awaits is not waited for once the swap has been given up. */
  #giveUpLoading(): boolean {
    const at = this.#queue.findIndex((order) => order.type === 'outcome' && order.id === this.#loading)
    if ((this.#queue[at] as OutcomeMessage | undefined)?.outcome !== 'discarded') return false
    this.#queue.splice(0, at + 1)
    this.#loading = 0
    return true
  }

  #load(message: PrepareMessage): void {
    const from = performance.now()
    this.#obedience.begin(message)
    this.#loading = message.id
    load(this.#world, message, (loaded) => {
      if (this.#loading !== message.id)
        return 'transition' in loaded ? loaded.transition.discard() : undefined
      this.#loading = 0
      this.#obedience.loaded(message, loaded, performance.now() - from)
      if (this.#obedience.isResting()) this.carryOut()
    })
  }
}
