import { parentPort } from 'node:worker_threads'
import { ADVICE, type ErrorCode, type Finding, TickswapError } from '../errors.ts'
import { layoutOf, viewsOf } from '../state/layout.ts'
import { type MigrationPlan, migrate } from '../state/migrate.ts'
import type { GraphUpdate } from '../units/code/artifact.ts'
import { Linker, type Prepared } from '../units/code/linker.ts'
import { placeOf } from '../units/code/place.ts'
import { type Contract, contractOf } from '../units/contract.ts'
import { isUnit, type State, type UnitDefinition } from '../units/unit.ts'
import { type Opening, type RehearsalRequest, rehearse } from './rehearsal-run.ts'

/**
 * The thread in which a candidate runs before any participant sees it. A body that throws
 * or hangs here costs nothing: the control thread ends this thread and starts another.
 */

export interface DryRun {
  readonly file: string
  readonly plan: MigrationPlan
  /** a copy of the running arena; the rehearsal may write to it */
  readonly arena: SharedArrayBuffer
}

export type ToRehearsal =
  | { type: 'base'; update: GraphUpdate; units: readonly string[] }
  | { type: 'evaluate'; update: GraphUpdate; units: readonly string[] }
  | { type: 'dry-run'; runs: readonly DryRun[] }
  | { type: 'rehearse'; request: RehearsalRequest }
  | { type: 'accept' }
  | { type: 'discard' }

export type FromRehearsal =
  | { type: 'contracts'; contracts: Contract[] }
  | { type: 'ran' }
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
      for (const run of message.runs) dryRun(run)
      return { type: 'ran' }
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
      prepared?.commit()
      prepared?.settle()
      prepared = undefined
      return undefined
    case 'discard':
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

/** Migrates a copy of live state, as the participants will at the boundary. */
function dryRun({ file, plan, arena }: DryRun): void {
  const [next, old] = [candidate(file), running(file)]
  if (!isUnit(next) || !isUnit(old)) return
  const from = stateOf(old.definition, arena)
  const to = stateOf(next.definition)
  const newer = plan.direction === 'down' ? old : next
  try {
    migrate(plan, newer.definition.migrate, from, to)
  } catch (error) {
    throw new TickswapError('TICKSWAP_E_MIGRATION_FAILED', `the migration threw: ${text(error)}`, {
      file,
      ...placeOf(error, [file]),
    })
  }
}

function stateOf(definition: UnitDefinition, arena?: SharedArrayBuffer): State {
  const columns = definition.state?.columns ?? {}
  const [shared, own] = [layoutOf(columns, 'shared'), layoutOf(columns, 'participant')]
  const views = {
    ...viewsOf(shared, arena ?? new ArrayBuffer(shared.bytes)),
    ...viewsOf(own, new ArrayBuffer(own.bytes)),
  }
  return { columns: views, soft: definition.state?.soft?.() ?? {} } as State
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
