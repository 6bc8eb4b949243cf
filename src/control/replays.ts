import { type Finding, finding, TickswapError } from '../errors.ts'
import { hashHex } from '../native/addon.ts'
import { Word } from '../swap/board.ts'
import { InputWord, Obstacle, type ObstacleCode, obstacleOf, RewindPhase } from '../swap/input-words.ts'
import type { LogPlan, Mate, PrepareMessage, RewindPlan } from '../swap/protocol.ts'
import type { SwapReport } from '../swap/report.ts'
import { obstacleTo } from '../swap/rewind.ts'
import type { Ask } from './ask.ts'
import { newMemory, type UnitEntry } from './catalog.ts'
import type { Claimant } from './claims.ts'
import type { Control } from './control.ts'
import { groupsAmong, type Passenger } from './passenger.ts'
import { memoryOf, type Restores } from './restores.ts'

/** Milliseconds that making the calls again is waited for; the participants give up on each other before that. */
const PATIENCE_MS = 10_000

/** The swap in hand, as far as its inputs are concerned. */
type Swap = Pick<PrepareMessage, 'id' | 'goBack' | 'log' | 'rewind' | 'dryRun'>

/** What the participants are told about inputs, and what is not possible. */
export interface Replay {
  readonly told: Pick<PrepareMessage, 'mates' | 'goBack' | 'log' | 'rewind' | 'isNumbered'>
  readonly findings: readonly Finding[]
}

/** What the log of inputs means for one swap: whether it is kept, whether it is used, and what became of that. */
export class Replays {
  readonly #control: Control
  /** whose calls are made again by this rollback */
  #players: readonly Claimant[] = []
  /** why inputs are not logged for this swap */
  #unlogged: string | undefined

  constructor(control: Control) {
    this.#control = control
  }

  /** Plans both the way back of this swap, and, of a rollback by hand, the one that it is. */
  async plan(
    ask: Ask,
    passengers: readonly Passenger[],
    restores: Restores,
    isAlone: boolean,
  ): Promise<Replay> {
    const { settings, catalog } = this.#control
    const units = groupsAmong(this.#control, passengers).flat()
    const moving = new Set(passengers.map(({ contract }) => contract.name))
    this.#unlogged = this.#doubtOf(
      units.map(({ running }) => running),
      isAlone,
    )
    const { log: limits } = settings.rollback
    const log: LogPlan | undefined =
      this.#unlogged === undefined && limits
        ? { units: units.map(({ name }) => name), ...limits, stretches: settings.backups.count + 1 }
        : undefined
    const isNumbered =
      [...catalog.units.values()].some(({ backups }) => backups.isLogged) || log !== undefined
    const { rewind, findings } = await this.#rewind(ask, passengers, units, isAlone)
    // Units without shared columns have nothing that could be of another tick.
    const mates = isAlone
      ? []
      : units.filter(({ name }) => !moving.has(name)).map((entry) => mateOf(entry, restores))
    return { told: { mates, goBack: settings.rollback.state, log, rewind, isNumbered }, findings }
  }

  /** Why these cannot make calls again, whatever has been logged. */
  #doubtOf(claimants: Iterable<Claimant>, isAlone: boolean): string | undefined {
    if (!this.#control.settings.rollback.log) return 'rollback.log is false'
    if (isAlone) return 'its participants do not meet'
    const { claims } = this.#control.catalog
    for (const claimant of claimants) {
      const doubt = claims.doubt(claimant)
      if (doubt !== undefined) return doubt
    }
    return undefined
  }

  // ---- a rollback by hand -----------------------------------------------------------

  async #rewind(
    ask: Ask,
    passengers: readonly Passenger[],
    units: readonly UnitEntry[],
    isAlone: boolean,
  ): Promise<{ rewind?: RewindPlan; findings: Finding[] }> {
    const { trigger, edition, state = 'auto' } = ask
    if (trigger !== 'rollback' || !edition || state === 'down' || state === 'restore') return { findings: [] }
    const after = new Map(units.map((entry) => [entry.name, entry.running as Claimant]))
    for (const passenger of passengers) after.set(passenger.contract.name, passenger)
    const doubt = this.#doubtOf(after.values(), isAlone)
    const found = (why: string, severity: 'warning' | 'info') =>
      finding('TICKSWAP_E_REPLAY_LOG', `the calls since cannot be made again: ${why}`, {
        unit: edition.unit,
        severity,
      })
    // Nobody expects it of units that never said that they are deterministic.
    if (doubt !== undefined) return { findings: state === 'replay' ? [found(doubt, 'warning')] : [] }
    this.#players = [...after.values()]
    try {
      return { rewind: await this.#planOf(edition.unit, units, after), findings: [] }
    } catch (error) {
      if (!(error instanceof TickswapError)) throw error
      return { findings: [found(error.finding.message, state === 'replay' ? 'warning' : 'info')] }
    }
  }

  /** @throws TickswapError REPLAY_LOG, BACKUP_CORRUPT */
  async #planOf(
    unit: string,
    units: readonly UnitEntry[],
    after: ReadonlyMap<string, Claimant>,
  ): Promise<RewindPlan> {
    const first = units.find(({ name }) => name === unit)!
    const wanted = after.get(unit)!.version.toString()
    const start = first.backups.all.findLast(({ version }) => version === wanted)
    const { swap: since, members } = start ?? {}
    if (since === undefined) throw unlogged(`there is no backup of ${unit} ${wanted}`)
    if (members === undefined) throw unlogged(`nothing was logged since ${unit} ${wanted} ran`)
    const why = obstacleTo(this.#control.board, since, members)
    if (why !== Obstacle.NONE) throw unlogged(this.#say(why))
    const states: RewindPlan['units'][number][] = []
    for (const { name, backups } of units) {
      const { contract, version } = after.get(name)!
      const backup = backups.of(since)
      if (backup?.version !== version.toString()) throw unlogged(`${name} was not ${version} then`)
      const { bytes } = await backups.verified(backup)
      const { arena } = newMemory(contract, false)
      const copy = new Uint8Array(arena)
      copy.set(bytes)
      // Others may have written to it while it was copied.
      if (hashHex(copy) !== backup.hash) throw unlogged(`the backup of ${name} has changed`)
      states.push({ unit: name, memory: arena })
    }
    return { since, members, units: states }
  }

  /** What a rollback by hand came to, once its calls have been made again. `tick`: of the commit. */
  async outcome(
    swap: Swap,
    tick: number,
  ): Promise<{ restored?: SwapReport['restored']; findings: Finding[] }> {
    const { rewind, dryRun } = swap
    if (!rewind || dryRun) return { findings: [] }
    const { barrier, catalog } = this.#control
    await barrier.until(() => this.#isOver, PATIENCE_MS)
    if (this.#phase !== RewindPhase.KEPT) return { findings: this.#failed(swap, true) }
    const backup = catalog.units.get(rewind.units[0]!.unit)!.backups.of(rewind.since)
    const ticksReplayed = Math.max(0, tick - (backup?.tick ?? tick))
    return { restored: { how: 'replay', ticksLost: 0, ticksReplayed }, findings: [] }
  }

  // ---- a rollback in probation ------------------------------------------------------

  /** What is to be said of a version that was taken back, once the calls since its commit have been made again. */
  async takenBack(swap: Swap): Promise<Finding[]> {
    const { log, goBack } = swap
    const { barrier, board } = this.#control
    if (log && board.inputs[InputWord.SWAP] === swap.id) await barrier.until(() => this.#isOver, PATIENCE_MS)
    if (board.load(Word.PROBATION_PASSED) === 0 || goBack === 'down' || goBack === 'restore') return []
    if (log) return this.#failed(swap, false)
    if (goBack !== 'replay') return []
    const message = `the calls since the commit cannot be made again: ${this.#unlogged}`
    return [finding('TICKSWAP_E_REPLAY_LOG', message, { severity: 'warning' })]
  }

  // ---- what the board says ----------------------------------------------------------

  get #phase(): number {
    return Atomics.load(this.#control.board.inputs, InputWord.PHASE)
  }

  get #isOver(): boolean {
    return this.#phase >= RewindPhase.KEPT || this.#phase === RewindPhase.NONE
  }

  /** Why the calls were not made again, or what came of it was not kept. */
  #failed({ id, log, rewind }: Swap, isByHand: boolean): Finding[] {
    const { inputs } = this.#control.board
    const why = inputs[InputWord.WHY]!
    if (inputs[InputWord.SWAP] !== id || why === Obstacle.NONE) return []
    const [unit = ''] = log?.units ?? rewind?.units.map((each) => each.unit) ?? []
    if (obstacleOf(why).code !== Obstacle.DIFFERS) {
      const message = `the calls since cannot be made again: ${this.#say(why)}`
      return [finding('TICKSWAP_E_REPLAY_LOG', message, { unit, severity: 'warning' })]
    }
    const running = () => log!.units.flatMap((name) => this.#control.catalog.units.get(name)?.running ?? [])
    return [this.#denied(isByHand ? this.#players : running())]
  }

  /** The code that made the calls is not what it says of itself. */
  #denied(players: readonly Claimant[]): Finding {
    const names = players.map(({ contract, version }) => `${contract.name} ${version}`).join(', ')
    const why = `the same calls came to two different states of ${names}`
    for (const player of players) this.#control.catalog.claims.deny(player, why)
    const { name: unit, file } = players[0]!.contract
    const message = `${names}: declared deterministic, but the same calls, made twice, came to different states`
    return finding('TICKSWAP_E_REPLAY_DIFFERS', message, { unit, file, severity: 'warning' })
  }

  #say(word: number): string {
    const { code, slot } = obstacleOf(word)
    return REASONS[code].replace('NAME', this.#control.crew.name(slot))
  }
}

/** A unit of the group that keeps its code: its state is kept with that of the others, and goes back with it. */
function mateOf({ name, memory, backups, running }: UnitEntry, restores: Restores): Mate {
  const restored = restores.get(name)
  const restore = restored && memoryOf(restored, running.contract, false).arena
  return { unit: name, backup: backups.room(memory.arena.byteLength), ...(restore && { restore }) }
}

const unlogged = (why: string) => new TickswapError('TICKSWAP_E_REPLAY_LOG', why)

const REASONS: Record<ObstacleCode, string> = {
  [Obstacle.NONE]: '',
  [Obstacle.JOINED]: 'the log of NAME does not reach back so far',
  [Obstacle.TICKS]: 'the log of NAME is full: it has reached rollback.log.ticks',
  [Obstacle.BYTES]: 'the log of NAME is full: it has reached rollback.log.bytes',
  [Obstacle.TIME]: 'the calls of NAME have taken longer than rollback.log.ms',
  [Obstacle.ARGUMENTS]: 'a call in NAME had arguments that cannot be kept',
  [Obstacle.LEFT]: 'other participants are there than at the commit',
  [Obstacle.STRANGER]: 'somebody has come since, whose calls are not in the log',
  [Obstacle.VISITED]: 'somebody came while they were made',
  [Obstacle.DIFFERS]: 'made twice, the calls came to different states',
}
