import { type Finding, finding, findingOf, TickswapError } from '../errors.ts'
import { allocate, copyMemory } from '../state/memory.ts'
import type { MigrationPlan } from '../state/migrate.ts'
import { Outcome, SlotTime, Word } from '../swap/board.ts'
import type { Move } from '../swap/protocol.ts'
import type { Action, Outcome as OutcomeName, SwapReport, UnitMove, Verdict } from '../swap/report.ts'
import { scriptsOf } from '../swap/scripts.ts'
import type { Stage } from '../units/code/artifact.ts'
import { StageError } from '../units/code/stage-error.ts'
import type { Contract } from '../units/contract.ts'
import type { Candidate } from '../version/compatibility/check.ts'
import type { Version } from '../version/version.ts'
import { Account } from './account.ts'
import { type Backup, backupRoom, type Edition, newMemory, type UnitEntry } from './catalog.ts'
import { checkName, checkUses, declaredBy, type EngineUse, nextVersion, type Side } from './check.ts'
import type { Control } from './control.ts'
import { inLoadOrder, withWayOut } from './dependencies.ts'
import { unitFilesAmong } from './folder.ts'

/** What asks for a swap. Files are absolute paths. */
export interface Ask {
  readonly trigger: SwapReport['trigger']
  readonly files: readonly string[]
  /** those of them that are gone */
  readonly removed: readonly string[]
  /** files that were saved empty and stayed so */
  readonly empty: readonly string[]
  /** performance.timeOrigin + performance.now() at the first sign */
  readonly at: number
  /** edits that have been merged into it because they came while it was being staged */
  readonly merged?: number
  /** how often it has been tried in vain because participants were missing */
  readonly attempt?: number
  /** go back to this edition instead of reading files */
  readonly edition?: { readonly unit: string; readonly edition: Edition }
}

/** One unit's way through a swap. */
interface Passenger {
  readonly entry: UnitEntry | undefined
  readonly contract: Contract
  readonly from: string | undefined
  readonly version: Version
  readonly hash: string
  readonly evaluated: boolean
  readonly candidate: Candidate
}

/** Ends the road early, with what there is to say. */
class Stop extends Error {
  readonly outcome: OutcomeName
  readonly findings: readonly Finding[]
  constructor(outcome: OutcomeName, findings: readonly Finding[]) {
    super(outcome)
    this.outcome = outcome
    this.findings = findings
  }
}

/** One swap on its way from detect to permanent, or back. */
export class Road {
  readonly id: number
  readonly #control: Control
  readonly #ask: Ask
  readonly #account: Account
  #stage: Stage | undefined
  #passengers: Passenger[] = []
  #moves: Move[] = []
  #records: number[] = []
  #verdict: Verdict = 'identical'
  #actions: readonly Action[] = []
  #outcome: OutcomeName = 'unchanged'

  constructor(id: number, control: Control, ask: Ask) {
    this.id = id
    this.#control = control
    this.#ask = ask
    this.#account = new Account(control.board, control.crew)
  }

  /** Everything up to the commit. Never throws: what goes wrong is in the report. */
  async travel(): Promise<SwapReport> {
    this.#account.phases.detect = performance.timeOrigin + performance.now() - this.#ask.at
    try {
      this.#stage = await this.#account.timed('stage', () => this.#stageFiles())
      await this.#rehearseAndCheck(this.#stage)
      if (this.#control.hasMore(this.#ask)) throw new Stop('unchanged', [])
      await this.#account.timed('prepare', () => this.#prepare(this.#stage!))
      if (this.#control.hasMore(this.#ask)) throw new Stop('unchanged', [])
      await this.#boundary()
      this.#outcome = 'committed'
    } catch (error) {
      this.#stopped(error)
    }
    return this.report()
  }

  #stopped(error: unknown): void {
    const stop = error instanceof Stop ? error : new Stop('refused', findingsOf(error))
    this.#outcome = stop.outcome
    this.#account.add(...stop.findings)
    if (stop.outcome !== 'unchanged') this.#verdict = 'incompatible'
    if (stop.outcome !== 'unchanged' && !this.#actions.includes('reject')) this.#actions = ['reject']
    this.#control.rehearsal.discard()
    this.#control.offer = undefined
    if (this.#moves.length > 0)
      this.#control.crew.broadcast({ type: 'outcome', id: this.id, outcome: 'discarded', passed: 0 })
    for (const record of this.#records) this.#control.registry.setState(record, 'retired')
  }

  // ---- before the boundary --------------------------------------------------------

  async #stageFiles(): Promise<Stage> {
    const { stager, catalog, settings } = this.#control
    const empty = this.#ask.empty.map((file) =>
      finding('TICKSWAP_E_FILE_EMPTY', `${file} is empty`, { file }),
    )
    const removed = this.#ask.removed.flatMap((file) => {
      const unit = catalog.byFile(file)?.name
      return unit
        ? [finding('TICKSWAP_E_UNIT_REMOVED', `the file of unit ${unit} is gone`, { file, unit })]
        : []
    })
    if (empty.length + removed.length > 0) throw new Stop('refused', [...empty, ...removed])
    const { edition } = this.#ask
    const newUnits = () =>
      unitFilesAmong(
        this.#ask.files.filter((file) => !catalog.has(file)),
        settings.units,
      )
    const stage = await stager.stage(
      edition
        ? { artifacts: edition.edition.artifacts }
        : { files: this.#ask.files, entries: await newUnits() },
    )
    if (stage.update.artifacts.length === 0 && stage.update.evaluate.length === 0)
      throw new Stop('unchanged', [])
    this.#account.add(...stage.warnings)
    return stage
  }

  /** The contract of a candidate is known once it has run: both phases look at the same evaluation. */
  async #rehearseAndCheck(stage: Stage): Promise<void> {
    const { rehearsal, catalog, compatibility } = this.#control
    const evaluated = new Set(stage.update.evaluate)
    const files = this.#unitFiles(stage)
    this.#refuseQuarantined(stage, files)
    const contracts = await this.#account.timed('rehearse', () => rehearsal.evaluate(stage.update, files))
    await this.#account.timed('check', async () => {
      this.#passengers = contracts.map((contract) => this.#passenger(stage, contract, evaluated))
      const after = new Map<string, Side>()
      for (const entry of catalog.units.values()) after.set(entry.name, entry.running)
      for (const { contract, version } of this.#passengers) after.set(contract.name, { contract, version })
      const { verdict, actions, findings } = compatibility.assess(
        this.#passengers.map(({ candidate }) => candidate),
        [
          ...this.#passengers.flatMap(({ contract }) => checkName(contract, catalog)),
          ...checkUses(after, this.#uses()),
        ],
      )
      this.#verdict = verdict
      this.#actions = actions
      this.#passengers = inLoadOrder(this.#passengers, after)
      if (this.#verdict === 'incompatible')
        throw new Stop('refused', withWayOut(findings, catalog, this.#passengers, this.#control.crew.uses()))
      this.#account.add(...findings)
    })
    await this.#account.timed('rehearse', () => rehearsal.dryRun(this.#dryRuns()))
  }

  /** Files of units whose code changes, be it their own, or in a module that travels with them. */
  #unitFiles(stage: Stage): string[] {
    const { catalog } = this.#control
    const evaluated = stage.update.evaluate.filter(
      (id) => catalog.byFile(id) !== undefined || this.#control.isUnitFile(id, stage),
    )
    return [...new Set([...stage.units, ...evaluated])]
  }

  #refuseQuarantined(stage: Stage, files: readonly string[]): void {
    if (this.#ask.edition) return
    const after = (file: string) => this.#control.hashOf(file, stage.update)
    const failed = this.#control.quarantine.find(files, after)
    if (!failed) return
    const { file, reason } = failed
    const message = `the content of ${file} failed before: ${reason}`
    throw new Stop('refused', [finding('TICKSWAP_E_QUARANTINED', message, { file })])
  }

  #passenger(stage: Stage, contract: Contract, evaluated: ReadonlySet<string>): Passenger {
    const entry = this.#control.catalog.units.get(contract.name)
    const declared = declaredBy(contract)
    const version =
      this.#ask.edition?.unit === contract.name
        ? this.#ask.edition.edition.version
        : nextVersion(declared, this.#control.usedVersions(entry))
    const hash = this.#control.hashOf(contract.file, stage.update)
    const artifacts = this.#control.catalog.closure(contract.file, stage.update)
    const candidate = this.#control.compatibility.stage(entry, { contract, version, hash, artifacts })
    const from = entry?.running.version.toString()
    return { entry, contract, from, version, hash, evaluated: evaluated.has(contract.file), candidate }
  }

  /** What the engine asks of the units in this swap. What it asks of others does not become less true. */
  #uses(): EngineUse[] {
    const moving = new Set(this.#passengers.map(({ contract }) => contract.name))
    return this.#control.crew.uses().filter(({ unit }) => moving.has(unit))
  }

  #dryRuns() {
    return this.#passengers.flatMap(({ entry, contract, candidate }) => {
      if (!entry || !isMoved(candidate)) return []
      // Live memory, copied while the engine writes: good enough to see whether the migration throws.
      const arena = allocate(entry.memory.arena.byteLength, contract.name)
      copyMemory(entry.memory.arena, arena)
      return [{ file: contract.file, plan: planOf(candidate), arena }]
    })
  }

  async #prepare(stage: Stage): Promise<void> {
    const { board, crew, barrier, registry, settings } = this.#control
    this.#moves = this.#passengers.map((passenger) => this.#move(passenger))
    const timestamp = Date.now()
    const units = this.#passengers.map(({ contract }) => registry.registerUnit(contract.name))
    this.#records = this.#passengers.map(({ version, hash }, i) =>
      registry.registerVersion({ unit: units[i]!, version, hash, timestamp }),
    )
    const generation = registry.stage(units.map((unit, i) => ({ unit, record: this.#records[i]! })))
    const back = units.map((unit, i) => ({ unit, record: this.#passengers[i]!.entry?.running.record ?? -1 }))
    board.store(Word.PROBATION_LEFT, settings.ticks)
    barrier.open(this.id)
    const reason = this.#ask.trigger === 'rollback' ? 'rollback' : 'swap'
    const message = {
      type: 'prepare',
      id: this.id,
      update: stage.update,
      moves: this.#moves,
      scripts: scriptsOf(
        this.#moves.map(({ unit, file, to }) => {
          return { unit, version: to, artifacts: this.#control.catalog.closure(file, stage.update) }
        }),
      ),
      generation,
      back,
      reason,
    } as const
    this.#control.offer = { prepare: message, committed: false }
    crew.broadcast(message)
    await this.#allPrepared()
  }

  #move({ entry, contract, from, version, evaluated, candidate }: Passenger): Move {
    const moved = isMoved(candidate)
    const memory = entry && !moved ? { ...entry.memory, shared: contract.shared } : newMemory(contract)
    return {
      unit: contract.name,
      file: contract.file,
      from,
      to: version.toString(),
      evaluated,
      moved: !entry || moved,
      plan: planOf(candidate),
      memory,
      backup: entry && backupRoom(entry, this.#control.settings.backups),
    }
  }

  /** Deadline, nudge, deadline, then the swap is given up with the names. */
  async #allPrepared(): Promise<void> {
    const { barrier, crew, board, settings } = this.#control
    const half = settings.prepareMs / 2
    const answered = () => crew.online().length > 0 && barrier.unprepared(this.id).length === 0
    if (!(await barrier.until(answered, half))) {
      board.attend()
      board.wake()
      if (!(await barrier.until(answered, half)))
        throw new Stop('refused', [this.#unprepared(settings.prepareMs)])
    }
    if (barrier.failed(this.id).length > 0) throw new Stop('refused', await this.#control.failures(this.id))
  }

  #unprepared(ms: number): Finding {
    const { barrier, crew } = this.#control
    if (crew.online().length === 0) {
      this.#control.retryWhenOnline(this.#ask)
      return finding('TICKSWAP_E_STRAGGLER', 'no participant calls tick(); the change waits until one does')
    }
    const names = barrier.unprepared(this.id).map((slot) => crew.name(slot))
    const waiting = this.#stage!.update.artifacts.find((artifact) => artifact.async)
    if (!waiting) return barrier.stragglerFinding('prepare', ms, names)
    const message = `the module awaits in its body, and the loop of ${names.join(', ')} does not yield`
    return finding('TICKSWAP_E_TOP_LEVEL_AWAIT', message, { file: waiting.file })
  }

  // ---- the boundary ---------------------------------------------------------------

  async #boundary(): Promise<void> {
    const { barrier, settings, crew } = this.#control
    const outcome = await barrier.meet(settings.prepareMs)
    if (outcome === Outcome.ABORTED) throw new Stop('reversed', await this.#control.failures(this.id))
    if (outcome === Outcome.STRAGGLER)
      throw new Stop('reversed', [barrier.stragglerFinding('park', settings.parkMs, barrier.stragglers)])
    this.#control.offer!.committed = true
    crew.broadcast({ type: 'outcome', id: this.id, outcome: 'committed', passed: 0 })
    await barrier.until(() => barrier.behind(this.id).length === 0, settings.parkMs)
    for (const record of this.#records) this.#activate(record)
  }

  /** At this instant a participant may be writing to the registry, on its way back. */
  #activate(record: number): void {
    try {
      this.#control.registry.setState(record, 'active')
    } catch (error) {
      if (!(error instanceof TickswapError && error.code === 'TICKSWAP_E_REGISTRY_BUSY')) throw error
      this.#activate(record)
    }
  }

  // ---- after the commit -----------------------------------------------------------

  /** Waits for the end of probation. */
  async outlive(): Promise<SwapReport> {
    const { barrier, board } = this.#control
    const from = performance.now()
    const over = () =>
      board.load(Word.OUTCOME) === Outcome.PERMANENT || board.load(Word.OUTCOME) === Outcome.ROLLED_BACK
    while (!(await barrier.until(over, 60_000)) && !this.#control.closed);
    this.#account.phases.probation = performance.now() - from
    if (board.load(Word.OUTCOME) === Outcome.PERMANENT) await this.#becomePermanent()
    else await this.#wentBack()
    return this.report()
  }

  async #becomePermanent(): Promise<void> {
    const from = performance.now()
    const { catalog, stager, registry, rehearsal } = this.#control
    this.#outcome = 'permanent'
    stager.accept(this.#stage!)
    catalog.accept(this.#stage!.update)
    rehearsal.accept()
    for (const [i, passenger] of this.#passengers.entries()) {
      const { entry, contract, version, hash } = passenger
      const move = this.#moves[i]!
      const edition: Edition = {
        version,
        contract,
        hash,
        artifacts: catalog.closure(contract.file),
        record: this.#records[i]!,
        at: Date.now(),
      }
      if (entry) {
        registry.setState(entry.running.record, 'standby')
        const backup: Backup = { version: entry.running.version.toString(), memory: move.backup! }
        entry.backups.push(backup)
        entry.memory = move.memory
        for (const { record } of catalog.run(entry, edition)) registry.setState(record, 'retired')
      } else catalog.add(registry.registerUnit(contract.name), move.memory, edition)
      registry.setState(edition.record, 'permanent')
    }
    await this.#end('permanent')
    this.#account.phases.permanent = performance.now() - from
  }

  async #wentBack(): Promise<void> {
    const { barrier, rehearsal, registry, quarantine } = this.#control
    this.#outcome = 'rolled-back'
    const straggler = barrier.probationStraggler()
    const found = straggler ? [straggler] : await this.#control.failures(this.id)
    this.#account.add(...found)
    const contents = new Map(this.#passengers.map(({ contract, hash }) => [contract.file, hash]))
    quarantine.add(contents, found[0]?.message ?? 'rolled back')
    for (const record of this.#records) registry.setState(record, 'quarantined')
    rehearsal.discard()
    await this.#end('rolled-back')
    this.#account.phases.rollback = this.#account.slowest(SlotTime.ROLLBACK)
  }

  async #end(outcome: 'permanent' | 'rolled-back'): Promise<void> {
    const { barrier, board, crew, settings } = this.#control
    this.#control.offer = undefined
    crew.broadcast({ type: 'outcome', id: this.id, outcome, passed: board.load(Word.PROBATION_PASSED) })
    await barrier.until(() => barrier.behind(this.id).length === 0, settings.parkMs)
  }

  report(): SwapReport {
    const { trigger, files, at } = this.#ask
    const units = this.#passengers.map(unitMove)
    return this.#account.report({
      id: this.id,
      trigger,
      files,
      at,
      units,
      verdict: this.#verdict,
      actions: this.#actions,
      outcome: this.#outcome,
    })
  }
}

const isMoved = ({ transition }: Candidate): boolean => transition.passage?.moved === true

function planOf({ transition: { passage } }: Candidate): MigrationPlan {
  if (!passage) return { direction: 'none' }
  const { direction, migration } = passage
  return migration ? { direction, range: migration.range } : { direction }
}

const unitMove = ({ from, contract, version, hash }: Passenger): UnitMove => ({
  unit: contract.name,
  from: from ?? 'none',
  to: version.toString(),
  hash,
})

const findingsOf = (error: unknown): readonly Finding[] =>
  error instanceof StageError ? error.findings : [findingOf(error)]
