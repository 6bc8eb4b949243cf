import { receiveMessageOnPort } from 'node:worker_threads'
import { simulatedBoard, trace } from './board.js'
import { isApart, isLogged, SHOWN, STOP } from './scheduler.js'

const SLOTS = 6
/** Simulated milliseconds; short, so that they are often reached. */
const DEADLINES = { prepareMs: 100, confirmMs: 80, parkMs: 40, probationMs: 80, leadMs: 30 }
/** A log takes what it is given, but for ticks: bytes are few, and milliseconds not simulated. */
const LOG = { bytes: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY }
/** No transaction takes longer, whatever happens to its participants. */
const LONGEST_MS = 20_000

/** The control thread: a few swaps one after the other, and at the end the account of what they left. */
export class ControlActor {
  #kit
  #scheduler
  #ports
  #shared
  #ledger
  #complain
  #seed = 0
  #staged
  #contracts
  #inbox = []
  #routes = new Map()
  #ended = []
  #floor
  #offer
  #isFirst = true
  #candidates = new Map()

  constructor({ kit, scheduler, ports, shared, ledger, complain }) {
    this.#kit = kit
    this.#scheduler = scheduler
    this.#ports = ports
    this.#shared = shared
    this.#ledger = ledger
    this.#complain = complain
  }

  /** @returns what the seed came to, for statistics */
  async run(seed) {
    this.#prepare(seed)
    const outcomes = {}
    const { board } = this.#floor
    const swaps = 1 + this.#scheduler.random(4)
    await board.waitAsync(0, board.words[0], this.#scheduler.random(30))
    for (let id = 1; id <= swaps; id++) {
      const from = this.#scheduler.now
      const outcome = await this.#swap(id)
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      if (this.#isReplayed(id)) outcomes.replayed = (outcomes.replayed ?? 0) + 1
      if (this.#scheduler.now - from > LONGEST_MS)
        this.#complain(`swap ${id} took ${this.#scheduler.now - from} ms`)
      await board.waitAsync(0, board.words[0], this.#scheduler.random(15))
      this.#floor.crew.bury()
    }
    await this.#finish()
    return outcomes
  }

  #prepare(seed) {
    const { Barrier, Board, Catalog, Crew, Failures, Records, Registry, Version, Word, newMemory } = this.#kit
    const fresh = Registry.create({ units: 1, versions: 64, ownSlots: 6 })
    fresh.close()
    new Uint8Array(this.#shared.registry).set(new Uint8Array(fresh.shared))
    new Uint8Array(this.#shared.board).set(new Uint8Array(Board.create(SLOTS).shared))
    for (const array of Object.values(this.#ledger)) array.fill(0)
    this.#seed = seed
    const family = isApart(seed) ? 'apart' : isLogged(seed) ? 'logged' : 'shared'
    this.#staged = this.#kit.staged[family]
    this.#contracts = this.#kit.contracts[family]
    this.#inbox = []
    this.#ended = []
    this.#offer = undefined
    this.#isFirst = true
    this.#routes.clear()
    const registry = Registry.attach(this.#shared.registry)
    const board = simulatedBoard(this.#kit, this.#shared.board, this.#scheduler, () => this.#takeMessages())
    board.store(Word.PARK_DEADLINE_MS, DEADLINES.parkMs)
    board.store(Word.PROBATION_DEADLINE_MS, DEADLINES.probationMs)
    board.store(Word.LEAD_DEADLINE_MS, DEADLINES.leadMs)
    const crew = new Crew(
      board,
      '',
      (slot) => registry.leave(slot),
      (slot) => this.#channel(slot),
    )
    const barrier = new Barrier(board, crew)
    const catalog = new Catalog()
    const settings = {
      backups: { count: 2, ageMs: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY },
      rollback: { state: 'auto', log: isLogged(seed) && { ...LOG, ticks: 1 + this.#scheduler.random(200) } },
    }
    this.#floor = {
      board,
      crew,
      barrier,
      failures: new Failures(barrier),
      registry,
      catalog,
      settings,
      persistence: {},
      groups: () => new Map([['unit', ['unit']]]),
    }
    const [number] = this.#kit.numbers
    const contract = this.#contracts[number]
    catalog.accept(this.#staged.boots[number])
    const unit = registry.registerUnit('unit')
    const version = Version.parse(number)
    const record = registry.registerVersion({ unit, version, hash: hashOf(number), timestamp: 0 })
    const edition = {
      version,
      contract,
      hash: hashOf(number),
      artifacts: this.#staged.boots[number].artifacts,
      record,
      at: 0,
    }
    catalog.add(unit, newMemory(contract), edition)
    registry.publish(registry.stage([{ unit, record }]))
    this.#floor.records = () => new Records(this.#floor)
  }

  #channel(slot) {
    const { actor, row } = this.#routes.get(slot)
    return {
      postMessage: (message) => {
        this.#scheduler.step()
        trace(this.#scheduler, `sends ${message.type} ${message.id ?? ''} to actor ${actor}`)
        this.#ports[actor].postMessage({ seed: this.#seed, to: row, message })
      },
      close() {},
    }
  }

  /** What has arrived by now, in the order in which it did; a message may take a while. */
  #takeMessages() {
    for (const port of this.#ports)
      for (let got = port && receiveMessageOnPort(port); got; got = receiveMessageOnPort(port))
        if (got.message.seed === this.#seed) this.#inbox.push({ ...got.message, port })
    const late = new Set()
    const now = []
    const later = []
    for (const item of this.#inbox) {
      // One participant's messages stay in their order.
      if (item.due > this.#scheduler.now) late.add(item.port)
      ;(late.has(item.port) ? later : now).push(item)
    }
    this.#inbox = later
    for (const { message } of now) this.#take(message)
  }

  #take(message) {
    const { crew, failures, catalog } = this.#floor
    if (message.type === 'failure') failures.add(message.id, message.finding)
    else if (message.type === 'resume') crew.resume(message.slot)
    else if (message.type === 'ended') this.#ended.push(message)
    else {
      const { slot, row, actor } = message
      this.#routes.set(slot, { actor, row })
      const { running, memory } = catalog.units.get('unit')
      const version = running.version.toString()
      const units = [{ unit: 'unit', file: this.#staged.file, version, memory }]
      const base = this.#staged.boots[version]
      const boot = {
        type: 'boot',
        name: `actor ${actor}`,
        base,
        scripts: [],
        units,
        first: this.#isFirst,
        history: [],
      }
      this.#isFirst = false
      this.#kit.admit(this.#floor.board, crew, slot, boot, this.#offer)
    }
  }

  /** One swap, as Road goes about it. */
  async #swap(id) {
    const { Replays, Restores, Stop, Transaction, Status } = this.#kit
    const { board, crew, catalog } = this.#floor
    const scheduler = this.#scheduler
    const entry = catalog.units.get('unit')
    const from = entry.running.version.toString()
    const others = this.#kit.numbers.filter((number) => number !== from)
    const to = others[scheduler.random(others.length)]
    const passengers = [this.#passenger(entry, to)]
    const replays = new Replays(this.#floor)
    const ask = this.#ask(entry, to)
    const { told } = await replays.plan(ask, passengers, new Restores(), isApart(this.#seed))
    const isLogged = told.log !== undefined
    const moves = passengers.map((passenger) =>
      this.#kit.moveOf(passenger, { isSliced: false, restored: undefined, hasSpare: false, isLogged }),
    )
    const records = this.#floor.records()
    const { generation, back } = records.stage(passengers)
    const update = this.#staged.ways[`${from} ${to}`]
    const watch = { budgetMs: 1e9, baselineTicks: 0 }
    const dryRun = scheduler.chance(8)
    const message = {
      type: 'prepare',
      id,
      update,
      moves,
      scripts: [],
      generation,
      back,
      reason: ask.trigger,
      watch,
      dryRun,
      alone: isApart(this.#seed),
      ...told,
    }
    const cancelAt = scheduler.chance(10) ? scheduler.now + scheduler.random(60) : Number.POSITIVE_INFINITY
    const isAwaited = scheduler.chance(30)
    const ticks = 1 + scheduler.random(6)
    const terms = {
      ...DEADLINES,
      confirmMs: undefined,
      ticks,
      lastsMs: scheduler.random(2) * 10,
      leastTicks: Math.min(2, ticks),
    }
    // A fifth of the seeds confirm by hand, or forget to; the others take the same way as without.
    const isManual = this.#seed % 5 === 0
    const confirmedAt = scheduler.now + ((this.#seed * 37 + id * 11) % 120)
    if (isManual) terms.confirmMs = DEADLINES.confirmMs
    this.#offer = message
    const transaction = new Transaction(this.#floor, message, terms, {
      isCancelled: () => scheduler.now > cancelAt,
      isConfirmed: () => !isManual || scheduler.now > confirmedAt,
      isAwaited: () => isAwaited,
      isClosed: () => false,
      progress() {},
    })
    try {
      await transaction.prepare()
      await transaction.confirm()
      await transaction.meet()
      records.activate()
      if (ask.trigger === 'rollback') await this.#replayed(replays, message)
    } catch (error) {
      if (!(error instanceof Stop)) throw error
      this.#offer = undefined
      crew.broadcast({ type: 'outcome', id, outcome: 'discarded', passed: 0, restore: 0 })
      records.retire()
      return error.outcome
    }
    const isPermanent = await transaction.outlive()
    if (board.words[this.#kit.Word.RESTORE] === this.#kit.Restore.BACKUP) this.#ledger.lossy[0] = 1
    if (isPermanent) {
      catalog.accept(update)
      records.makePermanent(passengers, message)
      this.#ledger.good[0] = this.#kit.numbers.indexOf(to)
    } else {
      for (const { code, message: why } of await replays.takenBack(message)) this.#differs(code, why)
      if (message.alone) records.publishBack()
      records.quarantine()
    }
    this.#offer = undefined
    await transaction.end(isPermanent ? 'permanent' : 'rolled-back')
    const status = board.status(id)
    if (status !== (isPermanent ? Status.PERMANENT : Status.ROLLED_BACK))
      this.#complain(`swap ${id} has status ${status}`)
    return isPermanent ? 'permanent' : 'rolled-back'
  }

  /** To a version that has run, of a unit whose calls can be made again, half of the swaps are rollbacks by hand. */
  #ask(entry, to) {
    const edition = entry.editions.findLast(({ version }) => version.toString() === to)
    if (!isLogged(this.#seed) || !edition || this.#scheduler.chance(50)) return { trigger: 'swap' }
    return { trigger: 'rollback', edition: { unit: 'unit', edition }, state: 'auto' }
  }

  /** What became of a rollback by hand whose calls were to be made again. */
  async #replayed(replays, message) {
    const { board } = this.#floor
    const { findings } = await replays.outcome(message, board.words[this.#kit.Word.ROUND_TICK])
    for (const { code, message: why } of findings) this.#differs(code, why)
  }

  #isReplayed(id) {
    const { InputWord, RewindPhase } = this.#kit
    const { inputs } = this.#floor.board
    return inputs[InputWord.SWAP] === id && inputs[InputWord.PHASE] === RewindPhase.KEPT
  }

  /** Its code does the same whenever it is called. */
  #differs(code, why) {
    if (code === 'TICKSWAP_E_REPLAY_DIFFERS') this.#complain(why)
  }

  #passenger(entry, number) {
    const { Version } = this.#kit
    const contracts = this.#contracts
    const version = Version.parse(number)
    const contract = contracts[number]
    const from = entry.running.version.toString()
    const hash = hashOf(number)
    const way = `${from} ${number} ${contract.file}`
    // The same for every seed, and dear.
    if (!this.#candidates.has(way)) {
      const { artifacts } = this.#staged.boots[number]
      const compatibility = new this.#kit.Compatibility(
        this.#floor.catalog,
        { rules: undefined, flags: this.#kit.DEFAULT_POLICY },
        () => [],
      )
      this.#candidates.set(way, compatibility.stage(entry, { contract, version, hash, artifacts }))
    }
    const candidate = this.#candidates.get(way)
    return { entry, contract, from, version, hash, evaluated: true, candidate, via: [] }
  }

  /** Lets everybody take note of the last decision, and compares what is left with what was done. */
  async #finish() {
    const { board, crew, catalog } = this.#floor
    const scheduler = this.#scheduler
    scheduler.set(STOP, 1)
    while (scheduler.isAnybodyElseLeft) {
      crew.catchUp()
      await board.waitAsync(0, board.words[0], 2)
    }
    for (let i = 0; i < 40; i++) await board.waitAsync(0, board.words[0], 1)
    const { made, begun, thrown, dead, hung, unmoved, lossy } = this.#ledger
    const { running, memory } = catalog.units.get('unit')
    const version = running.version.toString()
    const slot = memory.shared.slots.find(({ name }) => name === 'count')
    // Units that share nothing have it in what is each participant's own.
    const count = slot ? new Uint32Array(memory.arena, slot.offset, 32) : made
    for (const { row, version: mine, own, soft } of this.#ended) {
      if (mine !== version)
        this.#complain(`row ${row} ended with version ${mine}, the catalog has ${version}`)
      if (lossy[0] || (hung[row] && slot)) continue
      // A call that threw is made again with all the others, by code that may not throw.
      const most = made[row] + (isLogged(this.#seed) ? thrown[row] : 0)
      if (count[row] < made[row] || count[row] > most)
        this.#complain(`row ${row} made ${made[row]} steps, ${count[row]} are in the shared state`)
      if (!unmoved[row] && (own !== count[row] || soft !== count[row]))
        this.#complain(`row ${row} made ${made[row]} steps, its own state has ${own} and ${soft}`)
    }
    for (let row = 0; row < 32; row++) {
      if (count[row] > begun[row] + hung[row] + (isLogged(this.#seed) ? thrown[row] : 0))
        this.#complain(`row ${row} began ${begun[row]} steps, ${count[row]} are in the shared state`)
      // What a thread did in the tick in which it ended may be lost with it.
      if (dead[row] && !lossy[0] && count[row] < made[row] - 2 - hung[row])
        this.#complain(`row ${row} made ${made[row]} steps and died, ${count[row]} are left`)
    }
    this.#floor.registry.close()
    scheduler.put(0, SHOWN, 0)
  }
}

const hashOf = (number) => number.replaceAll('.', '').padStart(16, '0')
