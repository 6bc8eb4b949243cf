import { parentPort } from 'node:worker_threads'
import { ADVICE, type ErrorCode, type Finding, TickswapError } from '../errors.ts'
import { BackSlicer } from '../state/back-slicer.ts'
import type { UnitMemory } from '../state/memory.ts'
import { Slicer } from '../state/slicer.ts'
import type { WayBackMemory } from '../state/way-back.ts'
import { Stopovers } from '../swap/stopover.ts'
import type { GraphUpdate } from '../units/code/artifact.ts'
import { Linker, type Prepared } from '../units/code/linker.ts'
import { placeOf } from '../units/code/place.ts'
import { type Contract, contractOf } from '../units/contract.ts'
import { isUnit } from '../units/unit.ts'
import { type DryRun, dryRun, type Tried } from './dry-run.ts'
import { type Opening, type RehearsalRequest, rehearse } from './rehearsal-run.ts'

/**
 * The thread in which a candidate runs before any participant sees it. A body that throws
 * or hangs here costs nothing: the control thread ends this thread and starts another.
 */

/** A migration that begins beside what runs. Structured-cloneable. */
export interface Slice {
  readonly unit: string
  readonly file: string
  readonly range: string
  readonly old: UnitMemory
  readonly next: UnitMemory
}

/** A way back that is gone ahead of a rollback. Structured-cloneable. */
export interface BackSlice extends Slice {
  readonly wayBack: WayBackMemory
}

export type ToRehearsal =
  | { type: 'base'; update: GraphUpdate; units: readonly string[] }
  | { type: 'evaluate'; update: GraphUpdate; units: readonly string[] }
  | { type: 'dry-run'; runs: readonly DryRun[] }
  | { type: 'slice'; slices: readonly Slice[] }
  | { type: 'catch-up' }
  | { type: 'back'; slices: readonly BackSlice[] }
  | { type: 'back-on' }
  | { type: 'rehearse'; request: RehearsalRequest }
  | { type: 'accept' }
  | { type: 'discard' }

export type FromRehearsal =
  | { type: 'contracts'; contracts: Contract[] }
  | { type: 'ran'; tried: readonly Tried[] }
  | { type: 'sliced'; rows: number }
  | { type: 'rehearsed'; openings: readonly Opening[]; caches: ReadonlyMap<string, Uint8Array> }
  | { type: 'failed'; finding: Finding }

let linker = new Linker()
let prepared: Prepared | undefined
let evaluating: readonly string[] = []

async function act(message: ToRehearsal): Promise<FromRehearsal | undefined> {
  switch (message.type) {
    case 'base':
      linker = new Linker()
      evaluating = message.update.evaluate
      await linker.loadAsync(message.update)
      return { type: 'contracts', contracts: message.units.map((file) => contractOf(running(file), file)) }
    case 'evaluate':
      prepared?.discard()
      prepared = undefined
      evaluating = message.update.evaluate
      prepared = await linker.prepareAsync(message.update)
      return { type: 'contracts', contracts: message.units.map((file) => contractOf(candidate(file), file)) }
    case 'dry-run':
      return { type: 'ran', tried: message.runs.flatMap(tryMigration) }
    case 'slice':
      for (const slice of message.slices) beginSlice(slice)
      return { type: 'sliced', rows: catchUp() }
    case 'catch-up':
      return { type: 'sliced', rows: catchUp() }
    case 'back':
      for (const slice of message.slices) beginBack(slice)
      return passBack()
    case 'back-on':
      return passBack()
    case 'rehearse':
      return {
        type: 'rehearsed',
        openings: rehearse(message.request, {
          files: evaluating,
          next: stageFor(
            prepared!,
            message.request.parts.map(({ file }) => file),
          ),
          running: (file) => (linker.has(file) ? linker.namespace(file) : undefined),
        }),
        caches: cachesOf(prepared!),
      }
    case 'accept':
      endSlices()
      prepared?.commit()
      prepared?.settle()
      prepared = undefined
      return undefined
    case 'discard':
      endSlices()
      prepared?.discard()
      prepared = undefined
      return undefined
  }
}

/**
 * The candidates as they will be linked after the commit, in a copy: a unit of which only an import changes is not
 * evaluated anew, and until then still calls the old one. Where there can be no copy, what was evaluated has to do.
 */
function stageFor(from: Prepared, files: readonly string[]): (file: string) => object {
  const twin = from.twin(files)
  try {
    const steps = twin.evaluate(Number.POSITIVE_INFINITY)
    let step = steps.next()
    while (!step.done) step = steps.next()
    if (step.value) return (file) => twin.namespace(file)
  } catch {
    // Such as a module that takes `import.meta.hot` for granted.
  }
  return (file) => from.namespace(file)
}

/** V8's code caches, with the functions that the rehearsal ran. */
function cachesOf(from: Prepared): Map<string, Uint8Array> {
  const caches = new Map<string, Uint8Array>()
  for (const id of from.evaluated) {
    const cache = from.codeCache(id)
    if (cache) caches.set(id, new Uint8Array(cache))
  }
  return caches
}

const candidate = (file: string): unknown => (prepared!.namespace(file) as { unit?: unknown }).unit
const running = (file: string): unknown => (linker.namespace(file) as { unit?: unknown } | undefined)?.unit

/** As the participants will at the boundary; a unit that is not there has nothing to migrate. */
function tryMigration(run: DryRun): Tried[] {
  const [next, old] = [candidate(run.file), running(run.file)]
  if (!isUnit(next) || !isUnit(old)) return []
  const stopovers = new Stopovers(run.via)
  return [dryRun(run, { old: old.definition, next: next.definition, stops: () => stopovers.fresh() })]
}

let slicers: Slicer[] = []
let backSlicers: BackSlicer[] = []

/** On live memory, which it only reads: that the migration writes to none of it has been seen on a copy. */
function beginSlice({ unit, file, range, old, next }: Slice): void {
  const definitions = [running(file), candidate(file)]
  const [before, after] = definitions.map((each) => (isUnit(each) ? each.definition : undefined))
  const migration = after?.migrate?.[range]
  if (!before || !after || !migration) return
  const slicer = new Slicer(
    { definition: before, memory: old },
    { definition: after, memory: next },
    migration,
  )
  slicers.push(slicer)
  const place = slicer.begin()
  if (!place) return
  const message = `the migration of ${unit} wrote a number that is not finite to ${place}`
  throw new TickswapError('TICKSWAP_E_MIGRATION_FAILED', message, { unit, file })
}

const catchUp = (): number => slicers.reduce((rows, slicer) => rows + slicer.catchUp(), 0)

/** The candidate is what runs, and what ran before is what a rollback goes back to. */
function beginBack({ file, range, old, next, wayBack }: BackSlice): void {
  const definitions = [running(file), candidate(file)]
  const [before, after] = definitions.map((each) => (isUnit(each) ? each.definition : undefined))
  const migration = after?.migrate?.[range]
  if (!before || !after || !migration?.downRange) return
  const [from, to] = [
    { definition: before, memory: old },
    { definition: after, memory: next },
  ]
  backSlicers.push(new BackSlicer(from, to, migration, wayBack))
}

function passBack(): FromRehearsal {
  for (const slicer of backSlicers) slicer.pass()
  return { type: 'sliced', rows: 0 }
}

function endSlices(): void {
  for (const slicer of [...slicers, ...backSlicers]) slicer.end()
  slicers = []
  backSlicers = []
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What went wrong, with the place in the candidate's own files. */
function findingOf(error: unknown): Finding {
  if (error instanceof TickswapError) return error.finding
  const thrown = error as { code?: unknown }
  const code: ErrorCode = isOurs(thrown?.code) ? thrown.code : 'TICKSWAP_E_EVALUATE'
  const place = placeOf(error, evaluating) ?? { file: evaluating[0] ?? '' }
  const name = error instanceof Error ? error.name : 'exception'
  return { code, severity: 'error', message: `${name}: ${text(error)}`, advice: ADVICE[code], ...place }
}

const isOurs = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(ADVICE, code)

parentPort!.on('message', async (message: ToRehearsal) => {
  try {
    const reply = await act(message)
    if (reply) parentPort!.postMessage(reply)
  } catch (error) {
    parentPort!.postMessage({ type: 'failed', finding: findingOf(error) } satisfies FromRehearsal)
  }
})
