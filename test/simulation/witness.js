import { trace } from './board.js'
import { Died } from './scheduler.js'

/** Places in a unit's code where something may happen, and what. */
const PLACES = ['body', 'setup', 'verify', 'up', 'down', 'step']
const ACTIONS = ['throw', 'hang', 'die']

/** What happens in the units' code in one actor, and what its instances go through. */
export class Witness {
  #scheduler
  #complain
  #plan
  #instances = new Map()
  #last = 0
  /** whether the units' code may do anything out of the ordinary */
  isArmed = false

  constructor(scheduler, complain) {
    this.#scheduler = scheduler
    this.#complain = complain
  }

  /** A thread begins. To one in three something happens sooner or later. */
  live(isImmortal) {
    const scheduler = this.#scheduler
    this.#instances.clear()
    this.#plan = scheduler.chance(35)
      ? {
          place: PLACES[scheduler.random(PLACES.length)],
          action: ACTIONS[scheduler.random(isImmortal ? 2 : 3)],
          after: scheduler.random(6),
          again: scheduler.chance(30),
          instance: undefined,
          hangMs: 5 + scheduler.random(200),
        }
      : undefined
  }

  born(version) {
    const instance = { id: ++this.#last, version, disposed: 0 }
    this.#instances.set(instance.id, instance)
    this.at('body', instance)
    return instance
  }

  at(place, instance) {
    const plan = this.#plan
    if (this.#scheduler.isDead) throw new Died('died')
    if (place === 'setup') instance.isSetUp = true
    this.#scheduler.step()
    if (!this.isArmed || plan?.place !== place) return
    // What runs for good does not throw: what it throws when a tick is replayed would be lost.
    if (place === 'step' && plan.action === 'throw' && this.isGood(instance.version)) return
    // One version is the culprit, not the one before it or after it.
    plan.instance ??= instance
    if (plan.instance !== instance || plan.after-- > 0) return
    if (!plan.again) this.#plan = undefined
    trace(this.#scheduler, `${plan.action} in ${place} of ${instance?.version}`)
    this.onAct(place, plan.action)
    if (plan.action === 'throw') throw new Error(`planned: ${place}`)
    if (plan.action === 'hang') this.#scheduler.sleep(plan.hangMs)
    else this.#scheduler.die()
  }

  /** Disposing of code is right exactly once, and only when its swap has been decided for good. */
  disposed(instance) {
    if (this.#scheduler.isDead || this.#scheduler.isGhost) return
    if (++instance.disposed > 1) this.#complain(`${instance.version} was disposed of twice`)
    if (this.isOpen()) this.#complain(`${instance.version} was disposed of while its swap was open`)
  }

  /** Set by the actor: hears what happens where. */
  onAct = () => {}

  /** Set by the actor: whether a version is permanent. */
  isGood = () => false

  /** Set by the actor: whether the swap that it holds is still open. */
  isOpen = () => false

  /** Whether every instance that was set up, but for the running one, has been disposed of; and that one not. */
  checkEnd(running) {
    for (const instance of this.#instances.values()) {
      if (instance === running && instance.disposed > 0)
        this.#complain(`${instance.version} runs, disposed of`)
      if (instance !== running && instance.isSetUp && instance.disposed === 0)
        this.#complain(`${instance.version} was replaced and not disposed of`)
    }
  }
}
