import { TickswapError } from '../errors.ts'
import type { Move as RegistryMove } from '../registry/registry.ts'
import { type Board, Word } from '../swap/board.ts'
import { InputWord } from '../swap/input-words.ts'
import type { Mate, Move, PrepareMessage } from '../swap/protocol.ts'
import type { Backup } from './backups.ts'
import type { Edition, UnitEntry } from './catalog.ts'
import type { Control } from './control.ts'
import { GroupRing, type Part } from './group-ring.ts'
import type { Passenger } from './passenger.ts'

/** What of a swap's order is left when it is permanent. */
type Kept = Pick<PrepareMessage, 'moves' | 'mates' | 'id' | 'log'>

/** One swap's records: in the registry, and in the catalog once it is permanent. */
export class Records {
  readonly #control: Control
  #records: number[] = []
  #back: RegistryMove[] = []
  #generation = 0

  constructor(control: Control) {
    this.#control = control
  }

  /** @returns the generation to publish at the commit, and what to publish to go back */
  stage(passengers: readonly Passenger[]): { generation: number; back: readonly RegistryMove[] } {
    const { registry } = this.#control
    const timestamp = Date.now()
    const units = passengers.map(({ contract }) => registry.registerUnit(contract.name))
    this.#records = passengers.map(({ version, hash }, i) =>
      registry.registerVersion({ unit: units[i]!, version, hash, timestamp }),
    )
    this.#generation = registry.stage(units.map((unit, i) => ({ unit, record: this.#records[i]! })))
    this.#back = units.map((unit, i) => ({ unit, record: passengers[i]!.entry?.running.record ?? -1 }))
    return { generation: this.#generation, back: this.#back }
  }

  /** Committed. Where nobody led, nobody has published it yet. */
  activate(): void {
    const { registry } = this.#control
    if (registry.isStaged(this.#generation)) registry.publish(this.#generation)
    for (const record of this.#records) this.#persist(() => registry.setState(record, 'active'))
  }

  /** Back again, where nobody led. */
  publishBack(): void {
    const { registry } = this.#control
    this.#persist(() => registry.publish(registry.stage(this.#back)))
  }

  retire(): void {
    for (const record of this.#records) this.#control.registry.setState(record, 'retired')
  }

  quarantine(): void {
    for (const record of this.#records) this.#control.registry.setState(record, 'quarantined')
  }

  /** The units run these editions now, and what they held before is their newest backup. */
  makePermanent(passengers: readonly Passenger[], { moves, mates = [], id, log }: Kept): void {
    const { catalog, registry, board } = this.#control
    const about = { swap: id, members: log && board.inputs[InputWord.MEMBERS] }
    this.#keepBackups(moves, mates, about)
    for (const [i, { entry, contract, version, hash }] of passengers.entries()) {
      const move = moves[i]!
      const record = this.#records[i]!
      const artifacts = catalog.closure(contract.file)
      const edition: Edition = { version, contract, hash, artifacts, record, at: Date.now() }
      if (entry) {
        registry.setState(entry.running.record, 'standby')
        entry.memory = move.memory
        for (const { record: unused } of catalog.run(entry, edition)) registry.setState(unused, 'retired')
      } else catalog.add(registry.registerUnit(contract.name), move.memory, edition)
      registry.setState(record, 'permanent')
    }
  }

  /** One backup for each group: its units as they all were at the commit. */
  #keepBackups(
    moves: readonly Move[],
    mates: readonly Mate[],
    about: Pick<Backup, 'swap' | 'members'>,
  ): void {
    const { catalog, settings, board, persistence } = this.#control
    const groups = this.#control.groups()
    const kept = new Map([...moves, ...mates].map((each) => [each.unit, each]))
    for (const group of new Set([...kept.keys()].flatMap((unit) => [groups.get(unit) ?? []]))) {
      const entries = group.map((unit) => catalog.units.get(unit)!)
      const parts = entries.flatMap((entry): Part[] => {
        const { name: unit, backups } = entry
        const move = kept.get(unit)
        return move ? [{ unit, backups, backup: { ...backupOf(entry, move, board), ...about } }] : []
      })
      const ring = new GroupRing(
        entries.map(({ backups }) => backups),
        persistence.recorder?.backups,
      )
      ring.add(parts, settings.backups)
    }
  }

  /** At this instant a participant may be writing to the registry, on its way back. */
  #persist(act: () => void): void {
    try {
      act()
    } catch (error) {
      if (!(error instanceof TickswapError && error.code === 'TICKSWAP_E_REGISTRY_BUSY')) throw error
      this.#persist(act)
    }
  }
}

/** What a unit held when the swap was committed. */
function backupOf(
  { running, memory }: UnitEntry,
  move: Pick<Move, 'backup'>,
  board: Board,
): Omit<Backup, 'swap'> {
  const kept = move.backup ?? memory.arena
  return {
    version: running.version.toString(),
    layout: memory.shared,
    memory: kept,
    isCopy: move.backup !== undefined,
    at: Date.now(),
    tick: board.load(Word.ROUND_TICK) - board.load(Word.PROBATION_PASSED),
    bytes: kept.byteLength,
  }
}
