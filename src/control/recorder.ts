import { relative, resolve } from 'node:path'
import { type Finding, finding, findingOf } from '../errors.ts'
import { hashHex } from '../native/addon.ts'
import type { Decision } from '../store/journal/entry.ts'
import type { Pointed, Pointer } from '../store/pointers.ts'
import type { StoreSettings } from '../store/settings.ts'
import { Store } from '../store/store.ts'
import { Turns } from '../store/turns.ts'
import type { VersionInfo } from '../store/versions.ts'
import type { SwapReport } from '../swap/report.ts'
import type { Artifact } from '../units/code/artifact.ts'
import { readSource } from '../units/code/content/read.ts'
import type { Version } from '../version/version.ts'
import type { Attempts } from './again.ts'
import type { Catalog, UnitEntry } from './catalog.ts'
import type { BackupLimits } from './group-ring.ts'
import type { Settings } from './options.ts'
import { type KnownStart, knownStart, readyToKeep, type Shelf } from './shelf.ts'
import { type Participants, States } from './states.ts'
import { StoredBackups } from './stored-backups.ts'
import { StoredVersions } from './stored-versions.ts'

/** Decisions that wait for a disk that does not take them; of more, only the number is kept. */
const MOST_WAITING = 10_000
const RETRY_MS = 1000
const DIED = 'its process ended while it was on trial'
/** So long is a disk that takes no trial asked again: longer, and it is not busy, but full or broken. */
const BUSY_MS = 100

/** A version on trial knows its contents, so that a start can tell whether the files are still that version. */
interface Trial extends Pointed {
  readonly swap: number
  readonly failed?: string
  readonly modules: readonly { readonly id: string; readonly hash: string }[]
}

/** A unit that a start takes back to what was permanent. */
export interface TakenBack {
  readonly unit: string
  /** the version that did not survive, when that is the reason */
  readonly failed: { readonly hash: string; readonly version: string; readonly why: string } | undefined
  readonly files: readonly string[]
}

/** What runs since a start. */
export interface Started {
  readonly catalog: Catalog
  /** unit to the units that swap with it */
  groups(): ReadonlyMap<string, readonly string[]>
  /** of backups, which hold for all runs together */
  readonly limits: BackupLimits
  readonly takenBack: readonly TakenBack[]
  /** why `tickswap run` has started the engine again, when it has */
  readonly restarted: Finding | undefined
}

/**
 * Writes down what the control thread decides, and tells a start what was there before. Nobody waits for it but a swap
 * that is about to go on trial; what cannot be written is tried again, and the engine runs on.
 */
export class Recorder {
  readonly store: Store
  readonly states: States
  readonly versions: StoredVersions
  readonly backups: StoredBackups
  readonly #shelf: Shelf
  readonly #root: string
  readonly #warn: (warning: Finding) => void
  /** so long may a disk that says nothing hold a swap back, or the news of one */
  readonly #durableMs: number
  readonly #turns = new Turns()
  readonly #waiting: Decision[] = []
  #saves: Promise<unknown> = Promise.resolve()
  #lost = 0
  #retry: NodeJS.Timeout | undefined
  #pointers = new Map<string, Pointer>()
  /** resolves when it is known what earlier runs have left */
  ready: Promise<void> = Promise.resolve()

  private constructor(
    store: Store,
    shelf: Shelf,
    { units, storeMs }: Pick<Settings, 'units' | 'storeMs'>,
    warn: (warning: Finding) => void,
  ) {
    this.store = store
    this.states = new States(store)
    this.versions = new StoredVersions(store, shelf, units, warn)
    this.backups = new StoredBackups(store.backups, `${process.pid} ${Date.now()}`, warn)
    this.#shelf = shelf
    this.#root = units
    this.#durableMs = storeMs
    this.#warn = warn
  }

  /** @throws TickswapError STORE_OPEN, STORE_HELD and others: an engine that asked for a store does not start without */
  static async open(
    settings: StoreSettings,
    shelf: Shelf,
    about: Pick<Settings, 'units' | 'storeMs'>,
    warn: (warning: Finding) => void,
  ): Promise<Recorder> {
    const store = await Store.open(settings, (error) => warn(warningOf(error)))
    const recorder = new Recorder(store, shelf, about, warn)
    try {
      const { modules, more } = await store.code.load()
      shelf.fill(modules, more as KnownStart | undefined)
      recorder.#pointers = await store.pointers.all()
      await recorder.versions.readNumbers()
      return recorder
    } catch (error) {
      await store.close()
      throw error
    }
  }

  // ---- at the start ---------------------------------------------------------------

  /** Contents to run instead of those of the files, by module id; and the units they belong to. */
  async contentsToBoot(): Promise<{ contents: Map<string, Uint8Array>; takenBack: TakenBack[] }> {
    const contents = new Map<string, Uint8Array>()
    const takenBack: TakenBack[] = []
    for (const unit of this.#unitsToTakeBack()) {
      const { permanent, trial } = this.#pointers.get(unit)!
      const info = this.store.objects.owner(permanent!.owner)?.info as VersionInfo | undefined
      const files: string[] = []
      for (const { id, hash, source } of info?.modules ?? []) {
        const path = resolve(this.#root, id)
        if (hashOnDisk(path) === hash) continue
        contents.set(path, (await this.store.objects.get(source))!)
        files.push(path)
      }
      const failed = trial && { ...trial, why: trial.failed ?? DIED }
      if (files.length > 0) takenBack.push({ unit, failed, files })
    }
    return { contents, takenBack }
  }

  #unitsToTakeBack(): string[] {
    const { boot } = this.store.settings
    const units = [...this.#pointers].filter(([, { permanent }]) => permanent)
    if (boot === 'files') return []
    if (boot === 'permanent') return units.map(([unit]) => unit)
    // Units that were swapped together stand and fall together.
    const edited = new Set<string>()
    for (const [, { trial }] of units) {
      const on = trial as Trial | undefined
      if (on?.modules.some(({ id, hash }) => hashOnDisk(resolve(this.#root, id)) !== hash))
        edited.add(together(on))
    }
    return units
      .filter(([, { trial }]) => trial && !edited.has(together(trial as Trial)))
      .map(([unit]) => unit)
  }

  /** The number a unit's content had before the restart, or one that none had. */
  versionOf(unit: string, declared: Version, hash: string): Version {
    return this.versions.numberFor(unit, declared, hash, this.#pointers.get(unit) ?? {})
  }

  /** What runs since the start is permanent. */
  booted({ catalog, groups, limits, takenBack, restarted }: Started): void {
    const entries = [...catalog.units.values()]
    const back = new Map(takenBack.map((each) => [each.unit, each]))
    const units = entries.map(({ name, running }) => {
      return { unit: name, to: running.version.toString(), hash: running.hash }
    })
    const reasons = takenBack.map(({ unit }) => {
      return { code: 'TICKSWAP_E_STORE_BOOT', message: `unit ${unit} went back to what was permanent` }
    })
    if (restarted) reasons.unshift({ code: restarted.code, message: restarted.message })
    void this.#write({ outcome: 'boot', trigger: 'start', units, ...(reasons.length > 0 && { reasons }) })
    const names = entries.map(({ name }) => name)
    this.ready = this.#turns
      .run(async () => {
        await this.versions.load(names)
        await this.backups.load(catalog.units, groups().values(), limits)
      })
      .catch((error) => this.#warn(warningOf(error)))
    void this.#permanent(entries, catalog, back)
  }

  // ---- while it runs --------------------------------------------------------------

  /** Resolves when the disk knows that these are about to be tried, or has failed to take it, or to answer. */
  async trial(
    swap: number,
    units: readonly { unit: string; version: string; hash: string; artifacts: readonly Artifact[] }[],
    attempts: Attempts,
  ): Promise<void> {
    const trials = new Map<string, Trial>()
    const at = Date.now()
    for (const { unit, version, hash, artifacts } of units) {
      const modules = artifacts.map(({ id, hash: content }) => ({
        id: relative(this.#root, id),
        hash: content,
      }))
      trials.set(unit, { version, hash, at, owner: '', swap, modules })
    }
    const onTrial = (before: Pointer, unit: string) => ({ ...before, trial: trials.get(unit)! })
    const point = () => this.#turns.run(() => this.store.pointers.move(onTrial, [...trials.keys()]))
    const pointed = attempts.make('prepare', point, (_, ms) => ms <= BUSY_MS)
    await this.#inTime(
      pointed.catch((error) => this.#warn(warningOf(error))),
      'what is tried',
    )
  }

  /** They never came to run, or run no more. */
  withdraw(units: readonly string[]): Promise<void> {
    return this.#turns
      .run(() => this.store.pointers.move(({ permanent }) => (permanent ? { permanent } : {}), units))
      .catch((error) => this.#warn(warningOf(error)))
  }

  /** A start does not run them again either, unless their files have changed. */
  fail(units: readonly string[], why: string): Promise<void> {
    const failed = ({ trial, ...rest }: Pointer) => ({
      ...rest,
      ...(trial && { trial: { ...trial, failed: why } }),
    })
    return this.#turns
      .run(() => this.store.pointers.move(failed, units))
      .catch((error) => this.#warn(warningOf(error)))
  }

  /**
   * Writes down what became of a swap. Resolves when a start would know it: written and synced, or, with a warning,
   * when the disk has failed to take it or has not answered in time.
   */
  announced(report: SwapReport, catalog: Catalog): Promise<void> {
    const written: Promise<void>[] = [this.#write(decisionOf(report))]
    const units = report.units.map(({ unit }) => unit)
    if (report.outcome === 'rolled-back') {
      const cause = report.findings.find(({ severity }) => severity === 'error')
      written.push(this.fail(units, cause?.message ?? 'rolled back'))
    }
    if (report.outcome === 'permanent') {
      const entries = [...catalog.units.values()]
      const moved = entries.filter(({ name }) => units.includes(name))
      written.push(this.#permanent(moved, catalog))
      void this.saveStates(entries.map((entry) => [entry, entry.memory.lastGood] as const))
    }
    return this.#inTime(Promise.all(written), 'the outcome of a swap')
  }

  async #inTime(written: Promise<unknown>, what: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        const text = `the disk has not taken ${what} in ${this.#durableMs} ms; it still waits to be written`
        this.#warn(finding('TICKSWAP_E_STORE_WRITE', text, { severity: 'warning' }))
        resolve()
      }, this.#durableMs)
    })
    await Promise.race([written, late])
    clearTimeout(timer)
  }

  /** Saves memories that nobody writes to until this has returned, and what participants have for themselves. */
  saveStates(states: Iterable<readonly [UnitEntry, ArrayBufferLike]>, own?: Participants): Promise<void> {
    const all = this.states.save(states, own).catch((error) => this.#warn(warningOf(error)))
    this.#saves = Promise.all([this.#saves, all])
    return all
  }

  /** Resolves when everything is on disk, as far as the disk takes it. */
  async close(): Promise<void> {
    void this.#write({ outcome: 'closed', trigger: 'close', units: [] })
    await this.#turns.run(async () => {})
    await Promise.all([this.#saves, this.backups.settled()])
    clearTimeout(this.#retry)
    await this.store.close()
  }

  /**
   * Resolves when the pointers are on disk; the code caches come after them, and nobody waits for those.
   * What a start went back from stays on trial: the next start must not run it either.
   */
  #permanent(
    entries: readonly UnitEntry[],
    catalog: Catalog,
    back: ReadonlyMap<string, TakenBack> = new Map(),
  ): Promise<void> {
    const artifacts = [...catalog.artifacts()]
    const { serial } = this.#shelf
    const contracts = Array.from(catalog.units.values(), ({ running }) => running.contract)
    const pointed = this.#turns.run(() => this.#pointTo(entries, back))
    void this.#turns
      .run(async () => {
        const ready = readyToKeep(artifacts)
        const known = knownStart(artifacts, contracts)
        if (!this.#shelf.holds(ready, known)) {
          await this.store.code.save(ready, known)
          this.#shelf.fill(ready, known)
        }
        this.#shelf.trim(artifacts, serial)
      })
      .catch((error) => this.#warn(warningOf(error)))
    return pointed.catch((error) => this.#warn(warningOf(error)))
  }

  async #pointTo(entries: readonly UnitEntry[], back: ReadonlyMap<string, TakenBack>): Promise<void> {
    const pointed = new Map<string, Pointed>()
    for (const entry of entries) pointed.set(entry.name, await this.#keepVersion(entry))
    const settled = ({ trial }: Pointer, unit: string): Pointer => {
      const why = back.get(unit)?.failed?.why
      const permanent = pointed.get(unit)!
      return trial && why !== undefined ? { permanent, trial: { ...trial, failed: why } } : { permanent }
    }
    await this.store.pointers.move(settled, [...pointed.keys()])
    this.#pointers = await this.store.pointers.all()
  }

  async #keepVersion(entry: UnitEntry): Promise<Pointed> {
    const { version, hash } = entry.running
    const known = this.#pointers.get(entry.name)?.permanent
    if (known?.hash === hash && known.version === version.toString()) return known
    return this.versions.keep(entry)
  }

  /** Resolves when it is in the journal, or the disk has refused it for now. */
  #write(decision: Decision): Promise<void> {
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push(decision)
    else this.#lost++
    return this.#turns.run(() => this.#drain())
  }

  /** In order: a later decision never comes before an earlier one. */
  async #drain(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        await this.store.journal.append(this.#waiting[0]!)
        this.#waiting.shift()
      }
      const lost = this.#lost
      if (lost > 0)
        await this.store.journal.append({ outcome: 'lost', trigger: 'store', units: [], entries: lost })
      this.#lost -= lost
    } catch (error) {
      if (this.#retry) return
      this.#warn(warningOf(error))
      this.#retry = setTimeout(() => {
        this.#retry = undefined
        void this.#turns.run(() => this.#drain())
      }, RETRY_MS)
      this.#retry.unref()
    }
  }
}

/** What tells swaps apart, over restarts. */
const together = ({ swap, at }: Trial): string => `${swap} ${at}`

export function decisionOf(report: SwapReport): Decision {
  const { outcome, trigger, by, units, verdict, id, files, phases, participants, findings } = report
  return {
    outcome,
    trigger,
    ...(by !== undefined && { by }),
    units,
    verdict,
    swap: id,
    files,
    phases,
    participants,
    reasons: findings.map(({ code, message }) => ({ code, message })),
    stallMs: report.stallMs,
    ...(report.liveMs !== undefined && { liveMs: report.liveMs }),
    ...(report.restored && { restored: report.restored }),
  }
}

function hashOnDisk(path: string): string | undefined {
  try {
    return hashHex(readSource(path))
  } catch {
    return undefined
  }
}

const warningOf = (error: unknown): Finding => ({ ...findingOf(error), severity: 'warning' })

/** What a participant is told of a unit that went back at the start. */
export function takenBackWarning({ unit, failed, files }: TakenBack): Finding {
  const why = failed === undefined ? 'as asked for' : `because of what the files do: ${failed.why}`
  const message = `unit ${unit} runs what was permanent, ${why}`
  return finding('TICKSWAP_E_STORE_BOOT', message, { severity: 'warning', unit, file: files[0]! })
}
