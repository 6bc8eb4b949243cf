import { receiveMessageOnPort } from 'node:worker_threads'
import { simulatedBoard, trace } from './board.js'
import { Died, DONE, FRAME, IN_CREW, INCARNATIONS, PLACE, SHOWN, STOP } from './scheduler.js'
import { Witness } from './witness.js'

/** Ticks after the end, in which everybody takes note of the last decision. */
const LAST_TICKS = 4

/** One of the engine's threads: it joins, ticks and steps, rests now and then, and may die and come back. */
export class ParticipantActor {
  #kit
  #scheduler
  #me
  #port
  #shared
  #ledger
  #complain
  #witness
  #seed = 0
  #isApart = false
  /** the version of the tick at hand, where everybody changes by itself */
  #begun = ''

  constructor({ kit, scheduler, me, port, shared, ledger, complain }) {
    this.#kit = kit
    this.#scheduler = scheduler
    this.#me = me
    this.#port = port
    this.#shared = shared
    this.#ledger = ledger
    this.#complain = complain
    this.#witness = new Witness(scheduler, (what) => complain(`actor ${me}: ${what}`))
    globalThis.simulated = this.#witness
  }

  async run({ seed, isFramed, isApart, maxLives }) {
    this.#isApart = isApart
    this.#seed = seed
    const scheduler = this.#scheduler
    const isMain = isFramed && this.#me === 1
    for (let life = 0; life < maxLives; life++) {
      scheduler.live(
        this.#me === 1 || !scheduler.chance(40)
          ? 0
          : 1 + scheduler.random([60, 400, 3000][scheduler.random(3)]),
      )
      this.#witness.live(this.#me === 1)
      this.#witness.isArmed = false
      const row = scheduler.get(INCARNATIONS)
      scheduler.set(INCARNATIONS, row + 1)
      const identity = { row, slot: -1 }
      try {
        scheduler.sleep(scheduler.random(isMain ? 2 : life === 0 ? 20 : 200))
        await this.#live(identity, isFramed, isMain)
        return
      } catch (error) {
        if (!(error instanceof Died)) throw error
      }
      trace(scheduler, 'died')
      scheduler.live(0)
      await this.#bury(identity)
      if (scheduler.get(STOP) || (this.#me !== 1 && !scheduler.chance(60))) return
    }
  }

  /** What the addon does when a thread's environment has been torn down, a while after its last step. */
  async #bury({ row, slot }) {
    const scheduler = this.#scheduler
    this.#ledger.dead[row] = 1
    scheduler.put(this.#me, SHOWN, 0)
    scheduler.sleep(scheduler.random(25))
    const { Board, ParticipantState, SlotWord } = this.#kit
    const board = new Board(this.#shared.board)
    if (slot >= 0) board.store(board.at(slot, SlotWord.STATE), ParticipantState.DEAD)
    scheduler.put(this.#me, IN_CREW, 0)
  }

  async #live(identity, isFramed, isMain) {
    const { Board, Participant, ParticipantState, Registry, SlotWord } = this.#kit
    const scheduler = this.#scheduler
    const board = simulatedBoard(this.#kit, this.#shared.board, scheduler)
    const slot = this.#claim(board, ParticipantState, SlotWord)
    if (slot < 0) return
    identity.slot = slot
    const registry = Registry.attach(this.#shared.registry)
    const inbox = []
    let participant
    const receive = () => {
      for (let got = receiveMessageOnPort(this.#port); got; got = receiveMessageOnPort(this.#port))
        inbox.push(got.message)
      for (const { seed, to, message } of inbox.splice(0)) {
        if (seed !== this.#seed || to !== identity.row) continue
        trace(scheduler, `takes ${message.type} ${message.id ?? ''}`)
        if (message.type === 'boot') boot = message
        else if (message.type === 'prepare' || message.type === 'outcome') participant.order(message)
      }
    }
    let boot
    const post = (message) => {
      scheduler.step()
      this.#port.postMessage({ seed: this.#seed, due: scheduler.now + scheduler.random(20) / 2, message })
    }
    const wire = {
      receive,
      failure: (message) => post({ type: 'failure', slot, ...message }),
      resume: () => post({ type: 'resume', slot }),
    }
    participant = new Participant(board, slot, registry, wire)
    try {
      post({ type: 'join', slot, row: identity.row, actor: this.#me })
      while (!boot) {
        if (scheduler.get(STOP)) return
        scheduler.sleep(1)
        receive()
      }
      const { Status } = this.#kit
      // Seen without taking a step.
      const plain = new Board(this.#shared.board)
      const { OPEN, PARKING, COMMITTED } = Status
      this.#witness.isGood = (version) => this.#kit.numbers[this.#ledger.good[0]] === version
      this.#witness.onAct = (place, action) => {
        // Its own part of the state then stands as at the commit, and the report says so.
        if ((place === 'down' || place === 'up') && action === 'throw') this.#ledger.unmoved[identity.row]++
        if (place !== 'step') return
        // From here on it goes back by itself, where nobody else ticks.
        if (action === 'throw') scheduler.put(this.#me, SHOWN, 0)
        // The others may go back without it, and then it writes to what they have restored.
        if (action === 'hang') this.#ledger.hung[identity.row]++
      }
      const prepared = () => plain.load(plain.at(slot, SlotWord.PREPARED))
      this.#witness.isOpen = () => [OPEN, PARKING, COMMITTED].includes(plain.status(prepared()))
      await participant.boot(boot)
      this.#witness.isArmed = true
      this.#tickOn(participant, identity, isFramed, isMain, receive)
      this.#end(participant, identity, post)
    } finally {
      this.#leave(participant, registry)
    }
  }

  #claim(board, { FREE, PAUSED }, SlotWord) {
    for (let slot = 0; slot < board.slots; slot++)
      if (board.swap(board.at(slot, SlotWord.STATE), FREE, PAUSED)) return slot
    return -1
  }

  #tickOn(participant, { row }, isFramed, isMain, receive) {
    const scheduler = this.#scheduler
    let frame = scheduler.get(FRAME)
    if (isFramed) {
      scheduler.put(this.#me, DONE, frame)
      scheduler.put(this.#me, IN_CREW, 1)
    }
    for (let last = LAST_TICKS; last > 0; ) {
      const isOver = scheduler.get(STOP)
      if (isOver) last--
      if (isFramed && !isMain) frame = this.#nextFrame(frame)
      if (isMain) scheduler.set(FRAME, ++frame)
      this.#tick(participant, isFramed ? frame : undefined)
      if (!isOver) this.#step(participant, row)
      if (isFramed) scheduler.put(this.#me, DONE, frame)
      if (isMain) {
        this.#awaitCrew(frame)
        scheduler.sleep(1 + scheduler.random(3))
      }
      scheduler.step()
      if (!isMain && !isOver && scheduler.chance(3)) {
        frame = this.#pause(participant, receive)
        scheduler.put(this.#me, DONE, frame)
        if (isFramed) scheduler.put(this.#me, IN_CREW, 1)
      } else if (!isFramed) scheduler.sleep(1 + scheduler.random(4))
    }
    scheduler.put(this.#me, IN_CREW, 0)
  }

  #nextFrame(frame) {
    const scheduler = this.#scheduler
    while (scheduler.get(FRAME) === frame) {
      if (scheduler.get(STOP) && !scheduler.of(1, IN_CREW)) break
      scheduler.blockOn(FRAME, frame, 20)
    }
    return scheduler.get(FRAME)
  }

  #awaitCrew(frame) {
    const scheduler = this.#scheduler
    const owes = (actor) => scheduler.of(actor, IN_CREW) && scheduler.of(actor, DONE) < frame - 1
    for (let actor = 2; actor < this.#kit.actors; actor++)
      while (owes(actor)) scheduler.blockOn(scheduler.at(actor, DONE), scheduler.of(actor, DONE), 20)
  }

  #tick(participant, frame) {
    const scheduler = this.#scheduler
    scheduler.put(this.#me, SHOWN, 0)
    try {
      participant.tick(frame)
    } catch (error) {
      if (error.code !== 'TICKSWAP_E_LEFT_BEHIND') throw error
      // An engine ends such a thread.
      scheduler.die()
    }
    const { version } = participant.unit('unit')
    trace(scheduler, `runs ${version}`)
    this.#begun = version
    this.#show(participant)
  }

  /** Outside of tick() all who tick run the same version. Who kept the others waiting does not count as one of them. */
  #show(participant) {
    const scheduler = this.#scheduler
    const { Board, ParticipantState } = this.#kit
    const board = new Board(this.#shared.board)
    scheduler.put(this.#me, PLACE, participant.slot)
    if (board.state(participant.slot) !== ParticipantState.ONLINE) {
      scheduler.put(this.#me, SHOWN, 0)
      return
    }
    const mine = this.#kit.numbers.indexOf(participant.unit('unit').version) + 1
    scheduler.put(this.#me, SHOWN, mine)
    if (this.#isApart) return this.#checkTick(participant, board)
    for (let actor = 1; actor < this.#kit.actors; actor++) {
      const other =
        board.state(scheduler.of(actor, PLACE)) === ParticipantState.ONLINE ? scheduler.of(actor, SHOWN) : 0
      if (other !== 0 && other !== mine)
        this.#complain(`mixed: actor ${this.#me} runs version ${mine}, actor ${actor} ${other}`)
    }
  }

  /** Whoever changes by itself runs one version for the whole of a tick, unless it goes back within it. */
  #checkTick(participant, board) {
    const { version } = participant.unit('unit')
    if (version === this.#begun || board.present === this.#kit.Status.ROLLED_BACK) return
    this.#complain(`actor ${this.#me} began a tick with ${this.#begun} and went on with ${version}`)
    this.#begun = version
  }

  #step(participant, row) {
    const live = participant.unit('unit')
    this.#ledger.begun[row]++
    try {
      participant.surface(live).step(row)
      this.#ledger.made[row]++
      const { columns, soft } = participant.unit('unit').state
      trace(this.#scheduler, `has made ${this.#ledger.made[row]} steps: ${columns.mine[0]} and ${soft.n}`)
    } catch (error) {
      if (error instanceof Died) throw error
      // It threw outside of a probation: the step was not made.
      if (!/planned/.test(String(error?.message))) throw error
      this.#ledger.begun[row]--
      this.#ledger.thrown[row]++
    }
    this.#show(participant)
  }

  /** Rests, blocked or taking messages. */
  #pause(participant, receive) {
    const scheduler = this.#scheduler
    scheduler.put(this.#me, SHOWN, 0)
    scheduler.put(this.#me, IN_CREW, 0)
    trace(scheduler, 'rests')
    participant.pause()
    const isBlocked = scheduler.chance(50)
    for (let n = scheduler.random(20); n > 0; n--) {
      scheduler.sleep(scheduler.random(6))
      if (!isBlocked) receive()
    }
    return scheduler.get(FRAME)
  }

  #end(participant, { row, slot }, post) {
    const scheduler = this.#scheduler
    const { Board, ParticipantState, SlotWord } = this.#kit
    const board = new Board(this.#shared.board)
    if (board.state(slot) !== ParticipantState.ONLINE) return
    const { state, namespace, version } = participant.unit('unit')
    this.#witness.checkEnd(namespace.self)
    scheduler.put(this.#me, SHOWN, 0)
    const { columns, soft } = state
    trace(scheduler, `ends as row ${row}`)
    post({ type: 'ended', row, version, count: columns.count?.[row], own: columns.mine[0], soft: soft.n })
    board.store(board.at(slot, SlotWord.STATE), ParticipantState.PAUSED)
  }

  /** Frees what the thread holds; the board is not touched any more. */
  #leave(participant, registry) {
    const scheduler = this.#scheduler
    scheduler.isGhost = true
    participant.leave()
    scheduler.isGhost = false
    registry.close()
  }
}
