import { type Finding, finding, TickswapError } from '../errors.ts'
import { carryColumns } from '../state/carry.ts'
import { type Command, execute } from '../store/commands.ts'
import type { CheckpointUnit } from '../swap/checkpoint.ts'
import type { BootUnit, RequestMessage } from '../swap/protocol.ts'
import type { SwapReport } from '../swap/report.ts'
import type { Stage } from '../units/code/artifact.ts'
import type { Contract } from '../units/contract.ts'
import type { Version } from '../version/version.ts'
import type { Catalog } from './catalog.ts'
import type { KeptVersions } from './compatibility.ts'
import type { Crew } from './crew.ts'
import { Deadline } from './deadline.ts'
import { exportsUnit, unitFilesIn } from './folder.ts'
import type { Stored } from './former.ts'
import type { Settings } from './options.ts'
import type { Quarantine } from './quarantine.ts'
import { Recorder, type Started, type TakenBack, takenBackWarning } from './recorder.ts'
import { Shelf } from './shelf.ts'
import { Sources } from './sources.ts'
import type { OwnStates, Participants } from './states.ts'
import { Stop } from './stop.ts'

/** What a runtime with a store starts from and writes down. Without a store it starts from the files alone. */
export class Persistence {
  recorder: Recorder | undefined
  readonly sources = new Sources()
  /** The versions of a unit that the store keeps. */
  readonly kept: KeptVersions = (unit) => this.recorder?.versions.descriptorsOf(unit) ?? []
  /** The same as what units can go back to. */
  readonly stored: Stored = {
    known: () => this.known(new Deadline('stage', this.#settings.stageMs)).catch(toError),
    of: (unit) => this.recorder?.versions.of(unit) ?? [],
  }
  /** units that this start took back to what was permanent */
  takenBack: readonly TakenBack[] = []
  readonly #settings: Settings
  readonly #shelf: Shelf | undefined
  /** what a start runs instead of the files */
  readonly #contents = new Map<string, Uint8Array>()
  /** why `tickswap run` has started the engine again, when it has */
  readonly #restarted = restartOf(process.env)
  /** resolves when everybody has been told of the last outcome */
  #told: Promise<void> = Promise.resolve()
  /** units that go on with the state of an earlier run */
  readonly #resumed = new Map<string, Record<string, unknown> | undefined>()
  /** what participants had for themselves in it, until they are back */
  #own = new Map<string, OwnStates>()

  constructor(settings: Settings) {
    this.#settings = settings
    this.#shelf = settings.store && new Shelf()
  }

  /** For the stager: modules as they were staged before, and contents that stand for files. */
  get staging() {
    const shelf = this.#shelf
    const onRead = (id: string, hash: string, bytes: Uint8Array) => {
      this.sources.read(id, hash, bytes)
      shelf?.onRead(id, hash, bytes)
    }
    return { contents: this.#contents, onRead, ...(shelf && { kept: shelf.kept }) }
  }

  async open(warn: (warning: Finding) => void): Promise<void> {
    const { store } = this.#settings
    if (!store || !this.#shelf) return
    this.recorder = await Recorder.open(store, this.#shelf, this.#settings, warn)
    const { contents, takenBack } = await this.recorder.contentsToBoot()
    for (const [id, bytes] of contents) this.#contents.set(id, bytes)
    this.takenBack = takenBack
  }

  /** Files that export units, as they are or as they were. */
  async entries(): Promise<string[]> {
    const files = await unitFilesIn(this.#settings.units)
    const kept = [...this.#contents].filter(([, bytes]) => exportsUnit(Buffer.from(bytes).toString()))
    return [...new Set([...files, ...kept.map(([file]) => file)])].sort()
  }

  /** The contracts of a start whose code has run before; otherwise it has to be evaluated. */
  contractsOf({ update, units }: Stage): readonly Contract[] | undefined {
    return this.#shelf?.contractsOf(update.artifacts, units)
  }

  /** Resolves when it is known what earlier runs have left: only a start that was a moment ago has not read it. @throws Stop */
  async known(deadline: Deadline): Promise<void> {
    if (this.recorder)
      await deadline.wait(this.recorder.ready, 'reading what the store keeps of earlier runs')
  }

  /** The numbers that earlier runs have given to versions of a unit. */
  taken(unit: string): Version[] {
    return this.recorder?.versions.numbersOf(unit).map(({ version }) => version) ?? []
  }

  versionOf(unit: string, declared: Version, hash: string): Version {
    return this.recorder?.versionOf(unit, declared, hash) ?? declared
  }

  /** What died in its probation is not tried again as it was. */
  quarantineFailed(quarantine: Quarantine, catalog: Catalog): void {
    for (const { unit, failed } of this.takenBack) {
      const file = catalog.units.get(unit)?.running.contract.file
      if (!file || !failed) continue
      const { hash, version, why } = failed
      quarantine.add([{ unit, file, hash, version }], why, 0)
    }
  }

  /** Fills new memory with the last state that was saved, when that was asked for. */
  async resume(catalog: Catalog): Promise<void> {
    if (!this.#settings.store?.resume) return
    for (const { name, memory } of catalog.units.values()) {
      const saved = await this.recorder?.states.unit(name)
      if (!saved) continue
      carryColumns(saved, { layout: memory.shared, memory: memory.arena })
      this.#resumed.set(name, saved.soft)
    }
    this.#own = (await this.recorder?.states.participants()) ?? new Map()
  }

  /** By unit, what a participant goes on with; once, because who takes its name later is somebody else. */
  resumed(participant: string, isFirst: boolean): (unit: string) => BootUnit['resumed'] {
    const own = this.#own.get(participant)
    this.#own.delete(participant)
    return (unit) => {
      if (!this.#resumed.has(unit)) return undefined
      const soft = isFirst ? this.#resumed.get(unit) : undefined
      return { own: own?.[unit] ?? (soft && { columns: {}, soft }) }
    }
  }

  booted(catalog: Catalog, groups: Started['groups']): void {
    this.#contents.clear()
    const [{ backups: limits }, takenBack, restarted] = [this.#settings, this.takenBack, this.#restarted]
    this.recorder?.booted({ catalog, groups, limits, takenBack, restarted })
  }

  /** What those who run the engine should know about this start. */
  warnings(): Finding[] {
    return [...(this.#restarted ? [this.#restarted] : []), ...this.takenBack.map(takenBackWarning)]
  }

  /**
   * Writes an outcome down and calls `tell` once a start would know it: in the order of the outcomes, and without a
   * store at once.
   */
  whenKept(report: SwapReport, catalog: Catalog, tell: () => void): Promise<void> | undefined {
    const kept = this.recorder?.announced(report, catalog)
    if (!kept) return void tell()
    this.#told = Promise.all([kept, this.#told]).then(tell)
    return this.#told
  }

  /** Does what was asked of the store from outside. @throws TickswapError STORE_MISSING, or what the store says */
  async command(message: RequestMessage<'storage'>, crew: Pick<Crew, 'send'>): Promise<unknown> {
    const { slot, request, body } = message
    const tell = (progress: unknown) => crew.send(slot, { type: 'reply', request, progress })
    if (this.recorder) return execute(this.recorder.store, body as Command, tell)
    throw new TickswapError('TICKSWAP_E_STORE_MISSING', 'this engine has no store')
  }

  /** Keeps what a participant has copied; `names`: the participants that there are; of a unit that was swapped since, nothing. @throws TickswapError OPTION */
  async save(
    states: readonly CheckpointUnit[],
    catalog: Catalog,
    participant: string,
    names: readonly string[],
  ): Promise<void> {
    const { recorder } = this
    if (!recorder) throw new TickswapError('TICKSWAP_E_OPTION', 'the runtime has no store to save to')
    const own = Object.fromEntries(states.map((each) => [each.unit, each.private]))
    recorder.states.forgetAllBut([...names, ...this.#own.keys()])
    await recorder.saveStates(
      states.flatMap(({ unit, version, memory }) => {
        const entry = catalog.units.get(unit)
        return entry?.running.version.toString() === version ? [[entry, memory] as const] : []
      }),
      new Map([[participant, own]]),
    )
  }

  /** Keeps what all participants have kept at a boundary; `names`: those that there are. */
  saveKept(own: Participants, catalog: Catalog, names: readonly string[]): Promise<void> | undefined {
    const { recorder } = this
    recorder?.states.forgetAllBut([...names, ...this.#own.keys()])
    return recorder?.saveStates(
      Array.from(catalog.units.values(), (entry) => [entry, entry.memory.lastGood] as const),
      own,
    )
  }
}

function restartOf({ TICKSWAP_RESTARTED: why }: NodeJS.ProcessEnv): Finding | undefined {
  return why ? finding('TICKSWAP_E_RESTARTED', why, { severity: 'warning' }) : undefined
}

/** Before a swap has a report, whoever asked for it is told by an error. */
function toError(error: unknown): never {
  const [found] = error instanceof Stop ? error.findings : []
  throw found ? new TickswapError(found.code, found.message) : error
}
