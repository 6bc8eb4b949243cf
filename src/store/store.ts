import type { Backend, BackendKind } from './backends/contract.ts'
import { Backups } from './backups.ts'
import { CodeCache } from './code-cache.ts'
import { type OpenFolder, openFolder, openFolderToRead } from './folder.ts'
import type { Format } from './format.ts'
import { Inspection } from './inspection.ts'
import type { Link } from './journal/entry.ts'
import { Journal } from './journal/journal.ts'
import { type ChainReport, verifyChain } from './journal/verify.ts'
import { Keeper } from './keeper.ts'
import type { StoreLock } from './lock.ts'
import { type MigrationProgress, type MigrationSide, migrate } from './migration.ts'
import { Objects } from './objects.ts'
import { Pointers } from './pointers.ts'
import { Pool } from './pool.ts'
import type { StoreSettings } from './settings.ts'
import { storeSettingsOf } from './settings.ts'
import { Archive } from './tiers/archive.ts'
import { readTotals } from './tiers/meta.ts'
import { Mover } from './tiers/mover.ts'
import { Transactor } from './transactor.ts'
import { Turns } from './turns.ts'
import { type StoreReport, verifyStore } from './verify.ts'

export interface TierStats {
  readonly objects: number
  /** what is held, and what it would be unpacked */
  readonly bytes: number
  readonly unpackedBytes: number
  readonly ratio: number
  readonly budgetBytes: number
  /** reads answered here since the store was opened */
  readonly hits: number
}

export interface StoreStats {
  readonly path: string
  readonly backend: BackendKind
  readonly format: number
  /** bytes on disk */
  readonly diskBytes: number
  readonly entries: number
  readonly tiers: { readonly hot: TierStats; readonly warm: TierStats; readonly cold: TierStats }
  readonly misses: number
}

const TIDY_MS = 60_000

/** Everything durable: what happened, what ran, and how to get back to it. */
export class Store {
  readonly settings: StoreSettings
  readonly objects: Objects
  readonly journal: Journal
  readonly pointers: Pointers
  readonly backups: Backups
  readonly code: CodeCache
  readonly #transactor: Transactor
  readonly #lock: StoreLock | undefined
  readonly #pool = new Pool()
  readonly #turns = new Turns()
  readonly #mover: Mover
  readonly #archive: Archive
  readonly #keeper: Keeper
  readonly #inspection: Inspection
  readonly #isReadOnly: boolean
  #cold: Backend
  #format: Format
  #tidying: NodeJS.Timeout | undefined
  #closing: Promise<void> | undefined

  private constructor(
    settings: StoreSettings,
    { lock, format, data, archive }: OpenFolder,
    isReadOnly: boolean,
    onError: (error: unknown) => void,
  ) {
    this.settings = settings
    this.#lock = lock
    this.#format = format
    this.#cold = archive
    this.#isReadOnly = isReadOnly
    this.#transactor = new Transactor(data, isReadOnly)
    const cold = () => this.#cold
    this.objects = new Objects(this.#transactor, cold, this.#pool, settings)
    this.#archive = new Archive(this.#transactor, cold, this.objects, this.#pool)
    this.#mover = new Mover(this.#transactor, this.objects, this.#archive, settings, onError)
    if (!isReadOnly) this.objects.useRoom(this.#mover)
    this.journal = new Journal(this.#transactor)
    this.pointers = new Pointers(this.#transactor)
    this.backups = new Backups(this.objects, this.#pool, settings.states)
    this.code = new CodeCache(this.objects)
    this.#keeper = new Keeper(this.#transactor, this.objects, this.journal, settings)
    this.#inspection = new Inspection(this.#pool, () => [
      { backend: this.#transactor.backend, alone: (act) => this.#transactor.exclusively(act) },
      { backend: this.#cold, alone: (act) => this.#mover.pausedFor(act) },
    ])
  }

  /**
   * Opens a store for writing, alone. `onError` is told what goes wrong in the background.
   * @throws TickswapError STORE_OPEN, STORE_HELD, STORE_FORMAT, STORE_DAMAGED
   */
  static async open(settings: StoreSettings, onError: (error: unknown) => void = () => {}): Promise<Store> {
    const store = new Store(settings, await openFolder(settings), false, onError)
    try {
      await store.#recover()
    } catch (error) {
      await store.close()
      throw error
    }
    store.#mover.start()
    store.#inspection.start(onError)
    store.#tidying = setInterval(() => void store.#tidy().catch(onError), TIDY_MS).unref()
    return store
  }

  /** Opens a store to read it, also while another process holds it. @throws TickswapError STORE_MISSING and others */
  static async read(path: string): Promise<Store> {
    const folder = await openFolderToRead(path)
    const settings = { ...storeSettingsOf(path), backend: folder.format.backend }
    return new Store(settings, folder, true, () => {})
  }

  /** What a crash left half done. */
  async #recover(): Promise<void> {
    await this.#archive.settle()
    await this.#keeper.recoverJournal()
  }

  stats(): StoreStats {
    const totals = readTotals((key) => this.#transactor.get(key))
    const { hot, hits, misses } = this.objects
    const { hotBytes, warmBytes, coldBytes, path } = this.settings
    const tier = (objects: number, bytes: number, unpacked: number, budgetBytes: number, found: number) => ({
      objects,
      bytes,
      unpackedBytes: unpacked,
      ratio: unpacked === 0 ? 1 : bytes / unpacked,
      budgetBytes,
      hits: found,
    })
    return {
      path,
      backend: this.#format.backend,
      format: this.#format.format,
      diskBytes: this.#transactor.backend.bytes() + this.#cold.bytes(),
      entries: this.journal.head.seq - this.journal.base.seq,
      tiers: {
        hot: tier(hot.objects, hot.bytes, hot.bytes, hotBytes, hot.hits),
        warm: tier(totals.warmObjects, totals.warmStored, totals.warmSize, warmBytes, hits.warm),
        cold: tier(totals.coldObjects, totals.coldStored, totals.coldSize, coldBytes, hits.cold),
      },
      misses,
    }
  }

  /**
   * Looks at the inner pages of the files, which LMDB trusts; every ten minutes it does so by itself.
   * @throws TickswapError STORE_DAMAGED, and so does every later use of what is damaged
   */
  inspect(): Promise<void> {
    return this.#inspection.look()
  }

  /** Reads and checks every record. Nothing moves meanwhile. @throws TickswapError STORE_DAMAGED */
  async verify(): Promise<StoreReport> {
    // What reads beside a writer cannot stop it, and sees pages that are being written.
    if (!this.#isReadOnly) await this.inspect()
    return this.#mover.pausedFor(() => this.#verify())
  }

  /** What is written meanwhile may look wrong: only what is also wrong while nothing is written is. */
  async #verify(): Promise<StoreReport> {
    const report = await verifyStore({ data: this.#transactor.backend, archive: this.#cold })
    if (report.problems.length === 0) return report
    return this.#transactor.exclusively((data) => verifyStore({ data, archive: this.#cold }))
  }

  /** Follows the chain of the journal. `anchor` is a link that was kept elsewhere. */
  verifyJournal(anchor?: Link): Promise<ChainReport> {
    return verifyChain(this.#transactor, anchor)
  }

  /** Forgets what the policy does not keep, collects objects that nothing needs, and puts right what it can. */
  async cleanup(graceMs = this.settings.graceMs): Promise<{
    versions: number
    states: number
    entries: number
    objects: number
    bytes: number
    repaired: number
  }> {
    const forgotten = await this.#keeper.forget()
    const repaired = await this.#mover.pausedFor(async () =>
      this.#keeper.repair(await this.#verify(), this.#cold),
    )
    const collected = await this.#mover.collect(graceMs)
    return { ...forgotten, ...collected, repaired }
  }

  /** Moves what age asks for, or with `all` everything, to its tier, and waits for the disk. */
  async flush(all = false): Promise<void> {
    await this.#mover.pass(all)
    await this.#transactor.settled()
  }

  /** Moves the whole store to another backend or folder while it is in use. @throws TickswapError OPTION and others */
  migrate(
    to: BackendKind,
    path?: string,
    tell: (progress: MigrationProgress) => void = () => {},
  ): Promise<StoreStats> {
    return this.#mover.pausedFor(async () => {
      const wanted = path === undefined ? { to } : { to, path }
      this.#format = await migrate(this.settings.path, this.#format, this.#sides(), wanted, tell)
      this.objects.hot.clear()
      return this.stats()
    })
  }

  /** Resolves when everything is on disk and the folder may be opened by others. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Space stays bounded without anybody asking. */
  #tidy(): Promise<void> {
    return this.#turns.run(async () => {
      await this.#keeper.forget()
      await this.#mover.collect()
    })
  }

  async #close(): Promise<void> {
    clearInterval(this.#tidying)
    await this.#turns.run(async () => {})
    await this.#inspection.stop()
    await this.#mover.stop()
    await this.#transactor.settled()
    await this.#pool.close()
    await this.#transactor.backend.close()
    await this.#cold.close()
    if (!this.#isReadOnly) this.#lock?.release()
  }

  #sides(): MigrationSide[] {
    const store = this
    const transactor = this.#transactor
    return [
      {
        name: 'data',
        exclusively: (act) => transactor.exclusively(act),
        mirrorTo: (mirror, failed) => transactor.mirrorTo(mirror, failed),
        switchTo: (backend) => transactor.switchTo(backend),
      },
      {
        // Only the mover writes to the archive, and it waits.
        name: 'archive',
        exclusively: (act) => act(store.#cold),
        mirrorTo() {},
        switchTo(backend) {
          store.#cold = backend
        },
      },
    ]
  }
}
