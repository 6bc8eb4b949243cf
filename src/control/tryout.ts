import { type ErrorCode, TickswapError } from '../errors.ts'
import { copyMemory } from '../state/copy.ts'
import { allocate } from '../state/memory.ts'
import type { Warmth } from '../swap/protocol.ts'
import type { RehearsedUnit } from '../swap/report.ts'
import type { Stage } from '../units/code/artifact.ts'
import type { Contract } from '../units/contract.ts'
import type { Control } from './control.ts'
import { isMoved, type Passenger, planOf } from './passenger.ts'
import type { Opening, Part } from './rehearsal-run.ts'
import type { Sample } from './samples.ts'

/** Live memory is copied while the engine writes to it: what a torn copy may cause must happen again on others. */
const COPIES = 3
const REPEATED: ReadonlySet<ErrorCode> = new Set([
  'TICKSWAP_E_REHEARSAL_EXCEPTION',
  'TICKSWAP_E_REHEARSAL_NON_FINITE',
  'TICKSWAP_E_REHEARSAL_VERIFY',
])
/** State beyond this is not copied in every participant. */
const MOST_WARM_BYTES = 32 * 2 ** 20

/** What came of a rehearsal. */
export interface Tried {
  readonly rehearsed: readonly RehearsedUnit[]
  /** the same stage; its artifacts have code caches with all functions that ran */
  readonly stage: Stage
  readonly warmth: Warming | undefined
}

/** All of it but for how long it may take. */
export type Warming = Omit<Warmth, 'withinMs'>

/** One unit on stage: a passenger of the swap, or one that passengers import. */
interface Player {
  readonly contract: Contract
  readonly passenger: Passenger | undefined
}

const isRehearsed = ({ rehearsal }: Contract): boolean => rehearsal === 'hook' || rehearsal === 'calls'

/** The rehearsal of one swap's candidates, on copies of live state. */
export class Tryout {
  readonly #control: Control
  readonly #stage: Stage
  readonly #passengers: readonly Passenger[]

  constructor(control: Control, stage: Stage, passengers: readonly Passenger[]) {
    this.#control = control
    this.#stage = stage
    this.#passengers = passengers
  }

  /** @throws TickswapError REHEARSAL_* */
  async run(): Promise<Tried> {
    const { settings, samples } = this.#control
    const isHeld = settings.rehearsalTicks > 0
    const players = isHeld ? this.#players() : []
    const ticks = (contract: Contract) => (isHeld && isRehearsed(contract) ? settings.rehearsalTicks : 0)
    const rehearsed = this.#passengers.map(({ contract }) => {
      return { unit: contract.name, how: isHeld ? contract.rehearsal : 'none', ticks: ticks(contract) }
    })
    if (!players.some(({ passenger }) => passenger && isRehearsed(passenger.contract)))
      return { rehearsed, stage: this.#stage, warmth: undefined }
    const names = (which: (contract: Contract) => boolean) =>
      players.filter(({ contract }) => which(contract)).map(({ contract }) => contract.name)
    const hasOwn = ({ hasSoft, own }: Contract) => hasSoft || own.bytes > 0
    const sample = await samples.ask(
      names(hasOwn),
      names(({ rehearsal }) => rehearsal === 'calls'),
    )
    return { rehearsed, ...(await this.#rehearse(players, sample)) }
  }

  /** The units that move and are rehearsed, and all that they import. */
  #players(): Player[] {
    const { catalog } = this.#control
    const changed = new Map(this.#stage.update.artifacts.map((artifact) => [artifact.id, artifact]))
    const passengers = new Map(this.#passengers.map((each) => [each.contract.file, each]))
    const seen = new Set<string>()
    const players: Player[] = []
    const visit = (id: string) => {
      const artifact = changed.get(id) ?? catalog.artifact(id)
      if (!artifact || seen.has(id)) return
      seen.add(id)
      const passenger = passengers.get(id)
      const contract = passenger?.contract ?? catalog.byFile(id)?.running.contract
      if (contract) players.push({ contract, passenger })
      for (const imported of artifact.imports) visit(imported)
    }
    for (const { contract } of this.#passengers) if (isRehearsed(contract)) visit(contract.file)
    return players
  }

  async #rehearse(players: readonly Player[], sample: Sample): Promise<Omit<Tried, 'rehearsed'>> {
    const { rehearsal, settings } = this.#control
    for (let copy = 1; ; copy++) {
      const parts = players.map((player) => this.#part(player, sample))
      try {
        const request = { parts, cues: sample.cues, ticks: settings.rehearsalTicks }
        const { openings, caches } = await rehearsal.run(request)
        const stage = this.#control.stager.withCaches(this.#stage, caches)
        return { stage, warmth: this.#warmth(players, parts, openings, sample) }
      } catch (error) {
        const isFinal = !(error instanceof TickswapError) || !REPEATED.has(error.code) || copy === COPIES
        if (isFinal) throw error
      }
    }
  }

  #part({ contract, passenger }: Player, sample: Sample): Part {
    const { name: unit, file, shared, own } = contract
    const entry = this.#control.catalog.units.get(unit)
    const room = () => allocate(shared.bytes, unit)
    return {
      unit,
      file,
      shared,
      own,
      arena: entry && copyOf(entry.memory.arena, unit),
      base: room(),
      work: room(),
      private: sample.own.get(unit),
      plan: passenger ? planOf(passenger.candidate) : { direction: 'none' },
      via: passenger?.via ?? [],
      moved: passenger !== undefined && isMoved(passenger.candidate),
    }
  }

  /** Where participants find what they warm the candidate on. */
  #warmth(
    players: readonly Player[],
    parts: readonly Part[],
    openings: readonly Opening[],
    { cues }: Sample,
  ): Warming | undefined {
    const { warmTicks: ticks, warmSliceMs: mostSliceMs } = this.#control.settings
    const bytes = parts.reduce((sum, { shared, own }) => sum + shared.bytes + own.bytes, 0)
    if (ticks === 0 || bytes > MOST_WARM_BYTES) return undefined
    const warm = parts.map(({ unit, file, shared, own, base }, index) => {
      const { rehearsal } = players[index]!.contract
      return { unit, file, shared, own, base, private: openings[index]!.private, rehearsal }
    })
    return { parts: warm, cues, ticks, mostSliceMs }
  }
}

function copyOf(arena: SharedArrayBuffer, unit: string): SharedArrayBuffer {
  const copy = allocate(arena.byteLength, unit)
  copyMemory(arena, copy)
  return copy
}
