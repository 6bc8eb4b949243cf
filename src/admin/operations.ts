import { Ajv, type ValidateFunction } from 'ajv'
import { TickswapError } from '../errors.ts'
import { addon } from '../native/addon.ts'
import { BACKENDS } from '../store/backends/contract.ts'
import type { SwapTerms } from '../swap/protocol.ts'
import { ROLLBACK_STATES, type RollbackState } from '../swap/report.ts'
import { diagnose } from './diagnose.ts'
import type { EngineView, Tell } from './engine-view.ts'
import { healthOf } from './health.ts'

/** Everything that can be asked of a running engine from outside, by whichever way it is asked. */
export interface Operation {
  /** whether it can change what runs */
  readonly changes: boolean
  /** one line, for help and for the OpenAPI document */
  readonly summary: string
  /** JSON schema of its parameters, an object */
  readonly params: ParamsSchema
  run(view: EngineView, params: Params, tell: Tell): Promise<unknown>
}

export type Params = Readonly<Record<string, unknown>>
interface ParamsSchema {
  readonly type: 'object'
  readonly properties: Readonly<Record<string, object>>
  readonly required?: readonly string[]
  readonly additionalProperties: false
}

const MOST = 4096
const UNIT = { type: 'string', minLength: 1, maxLength: 256, description: 'the name of a unit' }
const STATE = { enum: ROLLBACK_STATES, description: 'how the state goes back: docs/state.md' }
const VERSION = { type: 'string', minLength: 1, maxLength: 256, description: 'a version, such as 1.4.2.17' }
const HOUR_MS = 3_600_000
const TERMS = {
  strategy: {
    type: 'string',
    enum: ['auto', 'manual', 'force', 'dry-run'],
    description:
      'manual waits, everything loaded, for confirm; dry-run goes as far as the decision, and decides against',
  },
  confirmMs: {
    type: 'integer',
    minimum: 1,
    maximum: HOUR_MS,
    description: 'how long a manual swap waits for consent, milliseconds',
  },
}
const WHICH = {
  type: 'string',
  minLength: 1,
  maxLength: 256,
  description: 'the id of the swap, or a unit of it',
}
const CONTENT = {
  type: 'string',
  minLength: 1,
  maxLength: 256,
  description: 'a unit, or the hash of one content',
}
const LIMIT = { type: 'integer', minimum: 1, maximum: MOST, description: 'the newest so many' }

const params = (properties: Record<string, object> = {}, required: readonly string[] = []): ParamsSchema => {
  return { type: 'object', properties, required, additionalProperties: false }
}

export const OPERATIONS = {
  status: {
    changes: false,
    summary: 'what runs, at a glance',
    params: params(),
    run: async (view) => ({
      ...(await healthOf(view)),
      pid: process.pid,
      node: process.versions.node,
      implementation: addon().implementation(),
      units: (await view.units()).map(({ unit, version }) => `${unit} ${version}`),
      participants: (await view.participants()).length,
      swaps: countOutcomes(view),
    }),
  },
  health: {
    changes: false,
    summary: 'healthy, degraded or critical, with reasons',
    params: params(),
    run: (view) => healthOf(view),
  },
  units: {
    changes: false,
    summary: 'the units that run, each after those it requires',
    params: params(),
    run: (view) => view.units(),
  },
  participants: {
    changes: false,
    summary: 'the threads that tick, with their pace',
    params: params(),
    run: (view) => view.participantsInFull(),
  },
  history: {
    changes: false,
    summary: 'what happened to a unit, or to all, oldest first',
    params: params({ unit: UNIT, limit: LIMIT }),
    run: async (view, { unit, limit }) => {
      if (unit !== undefined) await requireUnit(view, unit as string)
      const most = (limit as number) ?? MOST
      const body = { unit: unit as string | undefined, limit: most }
      // With a store also what happened before this run.
      const journal = await view.request('journal', body)
      if (journal !== undefined) return journal
      return view.history.filter((entry) => unit === undefined || entry.unit === unit).slice(-most)
    },
  },
  swaps: {
    changes: false,
    summary: 'the reports of the last swaps, oldest first',
    params: params({ limit: LIMIT }),
    run: async (view, { limit }) => view.reports.slice(-((limit as number) ?? MOST)),
  },
  warnings: {
    changes: false,
    summary: 'the last warnings, oldest first',
    params: params({ limit: LIMIT }),
    run: async (view, { limit }) => view.warnings.slice(-((limit as number) ?? MOST)),
  },
  alerts: {
    changes: false,
    summary: 'the last alerts, oldest first',
    params: params({ limit: LIMIT }),
    run: async (view, { limit }) => view.alerts.slice(-((limit as number) ?? MOST)),
  },
  vitals: {
    changes: false,
    summary: 'memory of the process, the registry and the tiers of the store, and what waits',
    params: params(),
    run: async (view) => ({
      ...(await view.vitals()),
      residentBytes: process.memoryUsage.rss(),
      registry: view.registry(),
    }),
  },
  diagnostics: {
    changes: false,
    summary: 'versions, platform, native core, registry, participants and store, for reports of trouble',
    params: params(),
    run: (view) => diagnose(view),
  },
  sources: {
    changes: false,
    summary: 'the texts of a version of a unit that ran',
    params: params({ unit: UNIT, version: VERSION }, ['unit', 'version']),
    run: (view, { unit, version }) =>
      view.request('sources', { unit: unit as string, version: version as string }),
  },
  backups: {
    changes: false,
    summary: 'the states kept from before swaps, each of the units of one group at one tick, oldest first',
    params: params(),
    run: (view) => view.request('backups', {}),
  },
  quarantine: {
    changes: false,
    summary: 'the contents that failed and are not tried again, oldest first',
    params: params(),
    run: (view) => view.request('quarantine', {}),
  },
  swap: {
    changes: true,
    summary: 'read the files of units from disk and swap what changed',
    params: params(
      { units: { type: 'array', items: UNIT, minItems: 1, maxItems: 256, uniqueItems: true }, ...TERMS },
      ['units'],
    ),
    run: (view, { units, ...terms }) =>
      view.change('swap', { units: units as string[], terms: termsOf(terms) }),
  },
  rollback: {
    changes: true,
    summary:
      'go back to a version that ran before, or to the highest in a range; without `to`, to the one before',
    params: params({ unit: UNIT, to: VERSION, state: STATE, ...TERMS }, ['unit']),
    run: (view, { unit, to, state, ...terms }) =>
      view.change('rollback', {
        unit: unit as string,
        to: to as string | undefined,
        ...(state !== undefined && { state: state as RollbackState }),
        terms: termsOf(terms),
      }),
  },
  confirm: {
    changes: true,
    summary: 'let a manual swap pass that waits for consent',
    params: params({ swap: WHICH }, ['swap']),
    run: (view, { swap }) => confirm(view, swap as string),
  },
  lift: {
    changes: true,
    summary: 'let contents that failed be tried again',
    params: params({ what: CONTENT }, ['what']),
    run: (view, { what }) => lift(view, what as string),
  },
  storage: {
    changes: true,
    summary: 'look after the store: stats, verify, cleanup, flush or migrate',
    params: params(
      {
        name: { enum: ['stats', 'verify', 'cleanup', 'flush', 'migrate'] },
        graceMs: { type: 'integer', minimum: 0, description: 'cleanup: age of what may be collected' },
        all: { type: 'boolean', description: 'flush: everything to the archive' },
        to: { enum: BACKENDS, description: 'migrate: the backend' },
        path: { type: 'string', minLength: 1, maxLength: MOST, description: 'migrate: the folder' },
      },
      ['name'],
    ),
    run: (view, command, tell) => view.request('storage', command, tell),
  },
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof OPERATIONS

const ajv = new Ajv({ allErrors: false, strict: true })
const validators = new Map<string, ValidateFunction>()

/** Checks the parameters and runs the operation; `from` says who asks. @throws TickswapError USAGE, or the engine's own */
export async function perform(
  view: EngineView,
  name: string,
  given: unknown,
  from: string,
  tell: Tell = () => {},
): Promise<unknown> {
  const operation = operationOf(name)
  const validate = validators.get(name) ?? ajv.compile(operation.params)
  validators.set(name, validate)
  if (!validate(given ?? {})) {
    const message = ajv.errorsText(validate.errors, { dataVar: name })
    throw new TickswapError('TICKSWAP_E_REQUEST', message)
  }
  if (operation.changes) view.asked(name, given, from)
  return operation.run(view, (given ?? {}) as Params, tell)
}

export function operationOf(name: string): Operation {
  if (Object.hasOwn(OPERATIONS, name)) return OPERATIONS[name as OperationName]
  const known = Object.keys(OPERATIONS).join(', ')
  throw new TickswapError('TICKSWAP_E_REQUEST', `there is no operation ${name}; there are: ${known}`)
}

const termsOf = ({ strategy, confirmMs }: Params): SwapTerms => ({
  ...(strategy !== undefined && { strategy: strategy as NonNullable<SwapTerms['strategy']> }),
  ...(confirmMs !== undefined && { deadlines: { confirmMs: confirmMs as number } }),
})

/** @throws TickswapError UNIT_UNKNOWN, NOT_WAITING */
async function confirm(view: EngineView, which: string): Promise<{ confirmed: true }> {
  const isId = /^[1-9]\d{0,9}$/.test(which)
  if (isId && (await view.request('confirm', { swap: Number(which) }))) return { confirmed: true }
  if (await view.request('confirm', { swap: which })) return { confirmed: true }
  if (!isId) await requireUnit(view, which)
  const what = isId ? `no swap ${which}` : `no swap of ${which}`
  throw new TickswapError('TICKSWAP_E_NOT_WAITING', `${what} waits for consent`)
}

/** @throws TickswapError UNIT_UNKNOWN */
async function lift(view: EngineView, what: string): Promise<{ lifted: number }> {
  const lifted = await view.lift(what)
  if (lifted === 0 && !/^[0-9a-f]{16}$/.test(what)) await requireUnit(view, what)
  return { lifted }
}

async function requireUnit(view: EngineView, name: string): Promise<void> {
  const units = await view.units()
  if (units.some(({ unit }) => unit === name)) return
  const known = units.map(({ unit }) => unit).sort()
  throw new TickswapError(
    'TICKSWAP_E_UNIT_UNKNOWN',
    `there is no unit ${name}; there are: ${known.join(', ') || 'none'}`,
  )
}

function countOutcomes(view: EngineView): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { outcome } of view.reports) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}
