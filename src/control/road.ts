import { type ErrorCode, type Finding, finding, findingOf } from '../errors.ts'
import { SlotTime, Word } from '../swap/board.ts'
import type { Move, PrepareMessage } from '../swap/protocol.ts'
import type { Action, Outcome as OutcomeName, Strategy, SwapReport, Verdict } from '../swap/report.ts'
import { scriptsOf } from '../swap/scripts.ts'
import type { Stage } from '../units/code/artifact.ts'
import { findingsOf } from '../units/code/stage-error.ts'
import { Account } from './account.ts'
import type { Ask, GoBack } from './ask.ts'
import { Boarding } from './boarding.ts'
import { checkName, checkUses, type EngineUse, type Side } from './check.ts'
import type { Control } from './control.ts'
import { Deadline } from './deadline.ts'
import { inLoadOrder, withWayOut } from './dependencies.ts'
import type { Tried } from './dry-run.ts'
import { forced } from './forced.ts'
import { GoingAhead } from './going-ahead.ts'
import { aboutMigrations, catchUp, dryRunsOf, isSliced, slicesOf } from './migrations.ts'
import { groupsAmong, moveOf, type Passenger, sharesMemory, unitMove } from './passenger.ts'
import { Records } from './records.ts'
import type { Slice } from './rehearsal-thread.ts'
import { Replays } from './replays.ts'
import {
  aboutCascade,
  aboutRestores,
  Restores,
  restoredBy,
  restoresFor,
  restoresInstead,
  withRestores,
} from './restores.ts'
import { stageFiles } from './stage-phase.ts'
import { Stop } from './stop.ts'
import { swapTerms, watchOf } from './swap-terms.ts'
import { Transaction } from './transaction.ts'
import { putOnTrial, suspect } from './trial.ts'
import { Tryout, type Warming } from './tryout.ts'

/** Reversals that are the version's own doing: the same content is not tried again. */
const CULPABLE: ReadonlySet<ErrorCode> = new Set(['TICKSWAP_E_MIGRATION_FAILED', 'TICKSWAP_E_VERIFY_FAILED'])

/** One swap on its way from detect to permanent, or back. */
export class Road {
  readonly id: number
  readonly strategy: Strategy
  readonly #control: Control
  readonly #ask: Ask
  readonly #account: Account
  readonly #records: Records
  readonly #replays: Replays
  #transaction: Transaction | undefined
  #stage: Stage | undefined
  #passengers: Passenger[] = []
  #moves: Move[] = []
  #message: PrepareMessage | undefined
  #verdict: Verdict = 'identical'
  #actions: readonly Action[] = []
  #outcome: OutcomeName = 'unchanged'
  #alone = false
  #tried: readonly Tried[] = []
  #slices: readonly Slice[] = []
  #restores = new Restores()
  /** units that the disk knows to be tried */
  #suspects: readonly string[] = []
  #warmth: Warming | undefined

  constructor(id: number, control: Control, ask: Ask) {
    this.id = id
    this.#control = control
    this.#ask = { ...ask, state: ask.state ?? control.settings.rollback.state }
    this.strategy = ask.strategy ?? (ask.trigger === 'edit' ? control.settings.strategy : 'auto')
    this.#account = new Account(control.board, control.crew, control.persistence.sources)
    this.#records = new Records(control)
    this.#replays = new Replays(control)
    const { retried } = ask
    if (retried) this.#account.attempts.add(retried.phase, retried.waitedMs, retried.why, retried.attempts)
  }

  /** Names of the units that it moves, as far as they are known. */
  get units(): string[] {
    return this.#passengers.map(({ contract }) => contract.name)
  }

  /** Everything up to the commit. Never throws: what goes wrong is in the report. */
  async travel(): Promise<SwapReport> {
    this.#account.phases.detect = performance.timeOrigin + performance.now() - this.#ask.at
    try {
      this.#goOn('stage')
      this.#stage = await this.#account.timed('stage', () => this.#stageFiles())
      this.#account.artifacts = this.#stage.update.artifacts
      this.#goOn('rehearse')
      await this.#rehearseAndCheck(this.#stage)
      this.#goOn('prepare')
      await this.#account.timed('prepare', () => this.#prepare(this.#stage!))
      this.#account.preparedAt = this.#control.board.instant()
      await this.#transaction!.confirm()
      if (this.#ask.trigger === 'edit') await this.#control.takeIn()
      await catchUp(this.#control.rehearsal, this.#slices)
      this.#goOn('park')
      this.#account.orderedAt = this.#control.board.instant()
      await this.#transaction!.meet()
      this.#records.activate()
      this.#outcome = 'committed'
      if (this.#ask.trigger === 'rollback') await this.#tellRestored()
    } catch (error) {
      this.#stopped(error)
    }
    if (['unchanged', 'dry-run'].includes(this.#outcome)) this.#control.progress(this, 'over', 1, 1, [])
    return this.report()
  }

  async #tellRestored(): Promise<void> {
    // Not the round's tick: those of its probation go on while this is written.
    const tick = this.#account.slowest(SlotTime.TICK)
    const { restored, findings } = await this.#replays.outcome(this.#message!, tick)
    const first = this.#control.board.load(Word.FIRST_TICK) >>> 0
    this.#account.restored = restored ?? restoredBy(this.#restores, this.#moves, tick, first)
    this.#account.add(...findings)
  }

  /** What goes back, when something does. */
  get #editions(): readonly GoBack[] {
    const { edition, cascade = [] } = this.#ask
    return edition ? [edition, ...cascade] : []
  }

  /** The report of a swap that never had its turn. */
  decline(found: Finding): SwapReport {
    this.#stopped(new Stop('refused', [found]))
    return this.report()
  }

  /** Before each phase: has more of the same burst come, or has nobody use for it any more? */
  #goOn(phase: 'stage' | 'rehearse' | 'prepare' | 'park'): void {
    if (this.#ask.consent?.cancelled)
      throw new Stop('refused', [finding('TICKSWAP_E_CANCELLED', 'the swap was cancelled before its commit')])
    if (this.#control.hasMore(this.#ask)) throw new Stop('unchanged', [])
    this.#control.progress(this, phase, 0, 1, [])
  }

  #stopped(error: unknown): void {
    const stop = error instanceof Stop ? error : new Stop('refused', findingsOf(error))
    this.#outcome = stop.outcome
    this.#account.add(...stop.findings)
    if (stop.outcome === 'refused' || stop.outcome === 'reversed') this.#verdict = 'incompatible'
    const isCulpable = stop.outcome === 'reversed' && stop.findings.some(({ code }) => CULPABLE.has(code))
    if (isCulpable) this.#quarantine(stop.findings[0]!.message)
    if ((stop.outcome === 'refused' || stop.outcome === 'reversed') && !this.#actions.includes('reject'))
      this.#actions = ['reject']
    this.#control.rehearsal.discard()
    this.#control.offer = undefined
    if (this.#transaction)
      this.#control.crew.broadcast({
        type: 'outcome',
        id: this.id,
        outcome: 'discarded',
        passed: 0,
        restore: 0,
      })
    const { recorder } = this.#control.persistence
    const tried = [...new Set([...this.#suspects, ...this.#moves.map(({ unit }) => unit)])]
    if (isCulpable) void recorder?.fail(tried, stop.findings[0]!.message)
    else if (tried.length > 0) recorder?.withdraw(tried)
    // Somebody who hangs may still write to the memory of a backup that a reversed swap had begun.
    if (stop.outcome === 'refused')
      for (const { unit, backup } of [...this.#moves, ...(this.#message?.mates ?? [])])
        this.#control.catalog.units.get(unit)?.backups.giveBack(backup)
    this.#records.retire()
  }

  #quarantine(reason: string): void {
    const units = this.#passengers.map(({ contract: { name: unit, file }, hash, version }) => {
      return { unit, file, hash, version: version.toString() }
    })
    this.#control.quarantine.add(units, reason, this.id)
  }

  // ---- before the boundary --------------------------------------------------------

  async #stageFiles(): Promise<Stage> {
    const stage = await stageFiles({
      control: this.#control,
      ask: this.#ask,
      editions: this.#editions,
      deadline: this.#deadline('stage'),
      attempts: this.#account.attempts,
      goOn: () => this.#goOn('stage'),
    })
    this.#account.add(...stage.warnings)
    return stage
  }

  #deadline(phase: 'stage' | 'check'): Deadline {
    const option = `${phase}Ms` as const
    return new Deadline(phase, this.#ask.deadlines?.[option] ?? this.#control.settings[option])
  }

  /** The contract of a candidate is known once it has run: both phases look at the same evaluation. */
  async #rehearseAndCheck(stage: Stage): Promise<void> {
    const { rehearsal, catalog, compatibility } = this.#control
    const files = this.#unitFiles(stage)
    const isForced = this.strategy === 'force'
    if (!isForced) this.#refuseQuarantined(stage, files)
    if (!this.#ask.edition)
      this.#suspects = await suspect(this.#control, this.id, stage, files, this.#account.attempts)
    const contracts = await this.#account.timed('rehearse', () => rehearsal.evaluate(stage.update, files))
    await this.#account.timed('check', async () => {
      const boarding = new Boarding(this.#control, stage, this.#editions)
      const deadline = this.#deadline('check')
      this.#passengers = await boarding.board(contracts, deadline)
      if (!isForced) this.#refuseFlapping()
      const after = new Map<string, Side>()
      for (const entry of catalog.units.values()) after.set(entry.name, entry.running)
      for (const { contract, version } of this.#passengers) after.set(contract.name, { contract, version })
      const assessed = compatibility.assess(
        this.#passengers.map(({ candidate }) => candidate),
        [
          ...this.#passengers.flatMap(({ contract }) => checkName(contract, catalog)),
          ...checkUses(after, this.#uses()),
        ],
      )
      const groups = groupsAmong(this.#control, this.#passengers)
      const restores = restoresFor(this.#ask, this.#passengers, groups)
      this.#restores = await deadline.wait(restores, 'reading the backups')
      const judged = withRestores(assessed, this.#restores)
      const { verdict, actions, findings } = isForced ? forced(judged) : judged
      this.#verdict = verdict
      this.#actions = actions
      this.#passengers = inLoadOrder(this.#passengers, after)
      if (this.#verdict === 'incompatible')
        throw new Stop('refused', [...this.#withWayOut(findings), ...boarding.findings])
      const more = [...aboutCascade(this.#ask), ...aboutRestores(this.#restores, this.#passengers)]
      this.#account.add(...findings, ...boarding.findings, ...more)
    })
    if (isForced) return
    await this.#account.timed('rehearse', async () => {
      await this.#tryMigrations()
      // What goes back to a backup ran as it is.
      if (this.#restores.size > 0) return
      const tried = await new Tryout(this.#control, stage, this.#passengers).run()
      this.#account.rehearsed = tried.rehearsed
      this.#stage = tried.stage
      this.#warmth = tried.warmth
    })
  }

  #withWayOut(findings: readonly Finding[]): Finding[] {
    const { catalog, crew, persistence } = this.#control
    return withWayOut(findings, {
      catalog,
      kept: persistence.kept,
      candidates: this.#passengers,
      uses: crew.uses(),
    })
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

  #refuseFlapping(): void {
    if (this.#ask.trigger !== 'edit') return
    const wait = this.#control.flapping.wait(this.units, Date.now())
    if (!wait) return
    const message = `${wait.unit} was rolled back too often; it is left alone for ${wait.ms} ms`
    throw new Stop('refused', [finding('TICKSWAP_E_FLAPPING', message, { unit: wait.unit })])
  }

  /** What the engine asks of the units in this swap. What it asks of others does not become less true. */
  #uses(): EngineUse[] {
    const moving = new Set(this.units)
    return this.#control.crew.uses().filter(({ unit }) => moving.has(unit))
  }

  /** Tries the migrations on copies, and says of them what a report is to say. */
  async #tryMigrations(): Promise<void> {
    const { rehearsal, settings } = this.#control
    // The state of a backup needs none.
    const migrating = this.#passengers.filter(({ contract }) => !this.#restores.has(contract.name))
    const dryRuns = dryRunsOf(migrating)
    const tried = await rehearsal.dryRun(dryRuns).catch((error) => this.#restoreInstead(error))
    this.#tried = tried
    this.#account.add(...aboutMigrations(migrating, tried, settings.migrateMs))
  }

  /** A way back that fails on a copy leaves the backup to go back to. @throws what it failed with, when there is none */
  async #restoreInstead(error: unknown): Promise<readonly Tried[]> {
    const groups = groupsAmong(this.#control, this.#passengers)
    this.#restores = await restoresInstead(error, this.#ask, this.#passengers, groups)
    const failed: Finding = { ...findingOf(error), severity: 'warning' }
    this.#account.add(failed, ...aboutRestores(this.#restores, this.#passengers))
    return []
  }

  async #prepare(stage: Stage): Promise<void> {
    const control = this.#control
    const { settings } = control
    const terms = swapTerms(settings, this.#ask, this.strategy)
    const hasSpare = settings.syncTest !== undefined
    this.#alone = settings.mode === 'independent' && !this.#meets()
    const { told, findings } = await this.#replays.plan(
      this.#ask,
      this.#passengers,
      this.#restores,
      this.#alone,
    )
    this.#account.add(...findings)
    const isLogged = told.log !== undefined
    this.#moves = this.#passengers.map((passenger) => {
      const ms = this.#tried.find(({ unit }) => unit === passenger.contract.name)?.ms ?? 0
      const restored = this.#restores.get(passenger.contract.name)
      const sliced = isSliced(passenger, ms, settings.migrateMs)
      return moveOf(passenger, { isSliced: sliced, restored, hasSpare, isLogged })
    })
    this.#slices = slicesOf(this.#passengers, this.#moves)
    const { generation, back } = this.#records.stage(this.#passengers)
    const message: PrepareMessage = {
      type: 'prepare',
      id: this.id,
      update: stage.update,
      moves: this.#moves,
      scripts: scriptsOf(
        this.#moves.map(({ unit, file, to }) => {
          return { unit, version: to, artifacts: control.catalog.closure(file, stage.update) }
        }),
      ),
      generation,
      back,
      reason: this.#ask.trigger === 'rollback' ? 'rollback' : 'swap',
      watch: watchOf(settings),
      dryRun: this.strategy === 'dry-run',
      alone: this.#alone,
      // A participant that warms up for longer would be taken for one that does not answer.
      warmth: this.#warmth && { ...this.#warmth, withinMs: terms.prepareMs / 2 },
      ...told,
    }
    this.#message = message
    control.offer = message
    this.#transaction = new Transaction(control, message, terms, {
      isCancelled: () => this.#ask.consent?.cancelled === true || control.hasMore(this.#ask),
      isConfirmed: () => this.#ask.consent?.confirmed === true,
      isAwaited: () => control.isAwaited,
      isClosed: () => control.closed,
      progress: (phase, done, total, waiting) => control.progress(this, phase, done, total, waiting),
    })
    const slicing = control.rehearsal.slice(this.#slices)
    slicing.catch(() => {})
    try {
      await Promise.all([this.#transaction.prepare(), this.#putOnTrial(stage)]).finally(() => slicing)
    } catch (error) {
      if (control.crew.online().length === 0) control.retryWhenOnline(this.#ask)
      throw error
    }
  }

  /** A process that dies in probation must find on disk what it was trying. */
  async #putOnTrial(stage: Stage): Promise<void> {
    if (this.strategy === 'dry-run') return
    await putOnTrial(this.#control, this.id, stage, this.#passengers, this.#account.attempts)
  }

  /** Units with shared memory meet, and those of their group with them. */
  #meets(): boolean {
    const { catalog } = this.#control
    const groups = this.#control.groups()
    const mates = new Set(this.units.flatMap((unit) => groups.get(unit) ?? []))
    const shares = (unit: string) => catalog.units.get(unit)!.running.contract.shared.bytes > 0
    return this.#passengers.some(sharesMemory) || [...mates].some(shares)
  }

  // ---- after the commit -----------------------------------------------------------

  /** Waits for the end of probation. */
  async outlive(): Promise<SwapReport> {
    const from = performance.now()
    const ahead = new GoingAhead(this.#control.rehearsal, this.#passengers, this.#moves)
    const isPermanent = await this.#transaction!.outlive()
    await ahead.stop()
    this.#account.phases.probation = performance.now() - from
    this.#account.superseded = isPermanent && this.#transaction!.isShortened
    if (isPermanent) await this.#becomePermanent()
    else await this.#wentBack()
    return this.report()
  }

  async #becomePermanent(): Promise<void> {
    const from = performance.now()
    const { stager, rehearsal, catalog } = this.#control
    this.#outcome = 'permanent'
    stager.accept(this.#stage!)
    catalog.accept(this.#stage!.update)
    rehearsal.accept()
    this.#records.makePermanent(this.#passengers, this.#message!)
    this.#control.offer = undefined
    await this.#transaction!.end('permanent')
    this.#account.phases.permanent = performance.now() - from
  }

  async #wentBack(): Promise<void> {
    const { barrier, rehearsal, failures, flapping } = this.#control
    this.#outcome = 'rolled-back'
    const straggler = barrier.probationStraggler()
    const found = straggler ? [straggler] : await failures.of(this.id)
    this.#account.add(...found, ...(await this.#replays.takenBack(this.#message!)))
    this.#quarantine(found[0]?.message ?? 'rolled back')
    flapping.add(this.units, Date.now())
    if (this.#alone) this.#records.publishBack()
    this.#records.quarantine()
    rehearsal.discard()
    this.#control.offer = undefined
    await this.#transaction!.end('rolled-back')
    this.#account.phases.rollback = this.#account.slowest(SlotTime.ROLLBACK)
  }

  report(): SwapReport {
    const { trigger, by, files, at } = this.#ask
    return this.#account.report({
      id: this.id,
      trigger,
      ...(by !== undefined && { by }),
      strategy: this.strategy,
      files,
      at,
      units: this.#passengers.map(unitMove),
      verdict: this.#verdict,
      actions: this.#actions,
      outcome: this.#outcome,
    })
  }
}
