import { Worker } from 'node:worker_threads'
import { type ErrorCode, TickswapError } from '../errors.ts'
import type { GraphUpdate } from '../units/code/artifact.ts'
import type { Contract } from '../units/contract.ts'
import type { DryRun, Tried } from './dry-run.ts'
import type { Opening, RehearsalRequest } from './rehearsal-run.ts'
import type { BackSlice, FromRehearsal, Slice, ToRehearsal } from './rehearsal-thread.ts'

/** Starting the thread and loading the running graph may take longer than one candidate. */
const START_MS = 30_000
/** What trying a migration of much state, there and back, may take on top. */
const MS_PER_BYTE = 60 / 2 ** 20

/** What a thread's end, or its silence, is put down to. */
interface Blame {
  readonly silence: ErrorCode
  readonly exit: ErrorCode
}
const EVALUATION: Blame = { silence: 'TICKSWAP_E_EVALUATE_TIMEOUT', exit: 'TICKSWAP_E_EVALUATE' }
const REHEARSAL: Blame = { silence: 'TICKSWAP_E_REHEARSAL_TIMEOUT', exit: 'TICKSWAP_E_REHEARSAL_EXIT' }

export interface RehearsalLimits {
  readonly evaluateMs: number
  readonly rehearseMs: number
  /** of the thread's heap; 1 MB is 2^20 bytes */
  readonly memoryMb: number
}

/** The control thread's side of the rehearsal thread. One question at a time. */
export class Rehearsal {
  readonly #base: () => GraphUpdate
  readonly #limits: RehearsalLimits
  #isFull = false
  #ending: Promise<unknown> = Promise.resolve()
  /** while a thread that was started anew takes in what runs */
  #loading: Promise<unknown> | undefined
  #worker: Worker | undefined
  #closed = false

  /** `base` gives the running graph, loaded whenever the thread is started anew. */
  constructor(base: () => GraphUpdate, limits: RehearsalLimits) {
    this.#base = base
    this.#limits = limits
  }

  /**
   * Evaluates the candidate beside the running graph and reads the contracts of `units`.
   * @throws TickswapError with the place: EVALUATE, EVALUATE_TIMEOUT, UNIT_INVALID and others
   */
  async evaluate(update: GraphUpdate, units: readonly string[]): Promise<Contract[]> {
    await this.#start()
    const blamed = update.artifacts[0]?.file ?? units[0] ?? ''
    const reply = await this.#ask({ type: 'evaluate', update, units }, this.#limits.evaluateMs, blamed)
    return reply.type === 'contracts' ? reply.contracts : []
  }

  /** Migrates copies of the running state. @throws TickswapError MIGRATION_FAILED and others; see dryRun */
  async dryRun(runs: readonly DryRun[]): Promise<readonly Tried[]> {
    const [first] = runs
    if (!first) return []
    const about = { unit: first.unit, ...first.place, file: first.file }
    const reply = await this.#patiently(
      { type: 'dry-run', runs },
      about,
      bytesOf(runs.map(({ arena }) => arena)),
    )
    return reply.type === 'ran' ? reply.tried : []
  }

  /** Of much state it has more time. */
  async #patiently(message: ToRehearsal, about: { unit: string; file: string }, bytes: number) {
    try {
      return await this.#ask(message, this.#limits.evaluateMs + bytes * MS_PER_BYTE, about.file)
    } catch (error) {
      if (!(error instanceof TickswapError && error.code === 'TICKSWAP_E_EVALUATE_TIMEOUT')) throw error
      const text = `the migration of ${about.unit} was ${error.finding.message}`
      throw new TickswapError('TICKSWAP_E_MIGRATION_TIMEOUT', text, about)
    }
  }

  /** Begins migrations beside what runs. @throws TickswapError MIGRATION_FAILED, MIGRATION_TIMEOUT */
  async slice(slices: readonly Slice[]): Promise<void> {
    const [first] = slices
    if (first)
      await this.#slice({ type: 'slice', slices }, first, bytesOf(slices.map(({ old }) => old.arena)))
  }

  /** Moves again what was written since. @returns rows that were */
  catchUp(slices: readonly Slice[]): Promise<number> {
    return this.#slice({ type: 'catch-up' }, slices[0]!, bytesOf(slices.map(({ old }) => old.arena)))
  }

  /** Begins to go the way back of large state, ahead of a rollback. @throws as evaluate does */
  async goBack(slices: readonly BackSlice[]): Promise<void> {
    await this.#slice({ type: 'back', slices }, slices[0]!, bytesOf(slices.map(({ next }) => next.arena)))
  }

  /** Goes on with what was written since. */
  async goOnBack(slices: readonly BackSlice[]): Promise<void> {
    await this.#slice({ type: 'back-on' }, slices[0]!, bytesOf(slices.map(({ next }) => next.arena)))
  }

  /** Resolves when a thread that did not answer writes nothing any more. */
  async ended(): Promise<void> {
    await this.#ending
  }

  async #slice(message: ToRehearsal, { unit, file }: Slice, bytes: number): Promise<number> {
    const reply = await this.#patiently(message, { unit, file }, bytes)
    return reply.type === 'sliced' ? reply.rows : 0
  }

  /**
   * Runs the candidate that was evaluated, on copies of live state.
   * @throws TickswapError REHEARSAL_EXCEPTION, _TIMEOUT, _NON_FINITE, _VERIFY, _MEMORY or _EXIT
   */
  async run(request: RehearsalRequest): Promise<{ openings: readonly Opening[]; caches: Caches }> {
    const file = request.parts[0]?.file ?? ''
    const reply = await this.#ask({ type: 'rehearse', request }, this.#limits.rehearseMs, file, REHEARSAL)
    if (reply.type !== 'rehearsed')
      throw new TickswapError('TICKSWAP_E_INTERNAL', 'an answer of another kind')
    return reply
  }

  /** The candidate is what runs now. */
  accept(): void {
    this.#worker?.postMessage({ type: 'accept' } satisfies ToRehearsal)
  }

  discard(): void {
    this.#worker?.postMessage({ type: 'discard' } satisfies ToRehearsal)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#worker?.terminate()
  }

  /** Loads a whole graph, as at boot. @throws as evaluate does */
  async load(update: GraphUpdate, units: readonly string[]): Promise<Contract[]> {
    this.#spawn()
    const reply = await this.#ask({ type: 'base', update, units }, START_MS, units[0] ?? '')
    return reply.type === 'contracts' ? reply.contracts : []
  }

  /** Starts the thread, so that the first candidate does not wait for it. */
  async warm(): Promise<void> {
    await this.#start()
  }

  async #start(): Promise<void> {
    if (!this.#worker) {
      const loading = this.load(this.#base(), []).finally(() => {
        this.#loading = undefined
      })
      this.#loading = loading
    }
    // Whoever else has started it: the next answer is to that question.
    await this.#loading
  }

  #spawn(): void {
    if (this.#worker) return
    // What modules print while they are rehearsed is theirs to print again when they run.
    const worker = new Worker(new URL('./rehearsal-thread.js', import.meta.url), {
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.memoryMb },
    })
    worker.stdout.resume()
    worker.stderr.resume()
    this.#isFull = false
    worker.on('error', (error) => {
      this.#isFull = (error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY'
      this.#drop(worker)
    })
    worker.on('exit', () => this.#drop(worker))
    this.#worker = worker
  }

  #drop(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined
  }

  #ask(message: ToRehearsal, deadlineMs: number, file: string, blame = EVALUATION): Promise<FromRehearsal> {
    const worker = this.#worker
    if (!worker || this.#closed) throw new TickswapError('TICKSWAP_E_CLOSED', 'the rehearsal thread is gone')
    return new Promise((resolve, reject) => {
      const end = (act: () => void) => {
        clearTimeout(timer)
        worker.off('message', onMessage).off('exit', onExit)
        act()
      }
      const onMessage = (reply: FromRehearsal) =>
        end(() => {
          if (reply.type !== 'failed') return resolve(reply)
          const { code, message: text, ...more } = reply.finding
          reject(new TickswapError(code, text, more))
        })
      const onExit = () => end(() => reject(this.#ended(file, blame)))
      const timer = setTimeout(() => {
        end(() => {
          this.#drop(worker)
          this.#ending = worker.terminate()
          const what = `still running after ${deadlineMs} ms`
          reject(new TickswapError(blame.silence, what, { file }))
        })
      }, deadlineMs)
      worker.on('message', onMessage).on('exit', onExit)
      worker.postMessage(message)
    })
  }

  #ended(file: string, { exit }: Blame): TickswapError {
    if (!this.#isFull) return new TickswapError(exit, 'the candidate ended its thread', { file })
    const message = `the heap outgrew ${this.#limits.memoryMb} MB`
    return new TickswapError('TICKSWAP_E_REHEARSAL_MEMORY', message, { file })
  }
}

type Caches = ReadonlyMap<string, Uint8Array>

const bytesOf = (memories: readonly SharedArrayBuffer[]): number =>
  memories.reduce((sum, { byteLength }) => sum + byteLength, 0)
