import { ADVICE, type ErrorCode, TickswapError } from '../errors.ts'
import { copyMemory } from '../state/copy.ts'
import { type Layout, layoutOf, viewsOf } from '../state/layout.ts'
import { UnitState } from '../state/memory.ts'
import { carrySoft, type MigrationPlan, migrate } from '../state/migrate.ts'
import { copySoft } from '../state/soft.ts'
import { type Cue, Play, type Role } from '../swap/play.ts'
import type { OwnState } from '../swap/protocol.ts'
import { type Stopover, Stopovers } from '../swap/stopover.ts'
import { placeOf } from '../units/code/place.ts'
import { type RehearsalKind, rehearsalOf } from '../units/contract.ts'
import { type BoundUnit, isUnit, type State } from '../units/unit.ts'

/** One unit of a rehearsal: one that moves, or one that the candidates import. */
export interface Part {
  readonly unit: string
  readonly file: string
  readonly shared: Layout
  readonly own: Layout
  /** a copy of the live arena, in the shape of the version that runs; undefined when none runs */
  readonly arena: SharedArrayBuffer | undefined
  /** room for the state that the rehearsal begins with, in the shape of `shared` */
  readonly base: SharedArrayBuffer
  /** room for the rehearsal itself */
  readonly work: SharedArrayBuffer
  /** undefined when nobody could be asked */
  readonly private: OwnState | undefined
  readonly plan: MigrationPlan
  /** versions that a chain of migrations passes through */
  readonly via: readonly Stopover[]
  /** its state moves to another shape */
  readonly moved: boolean
}

/** What is run: for so many ticks. */
export interface RehearsalRequest {
  readonly parts: readonly Part[]
  readonly cues: readonly Cue[]
  readonly ticks: number
}

/** Where the modules of a rehearsal are. */
export interface Cast {
  /** the namespace as it is after the commit */
  next(file: string): object
  /** of the version that runs, if one does */
  running(file: string): object | undefined
  /** files whose code the candidates bring */
  readonly files: readonly string[]
}

/** A unit as it will begin: what is kept of it to warm participants with. */
export interface Opening {
  readonly unit: string
  readonly private: OwnState
}

/**
 * Runs candidates on copies of live state, and looks at them after every tick as probation would.
 * @throws TickswapError REHEARSAL_EXCEPTION, REHEARSAL_NON_FINITE, REHEARSAL_VERIFY, MIGRATION_FAILED
 */
export function rehearse({ parts, cues, ticks }: RehearsalRequest, cast: Cast): Opening[] {
  const stage = parts.map((part) => enter(part, cast))
  const openings = stage.map(({ part, role }) => {
    const { own } = part
    const columns = Object.fromEntries(own.slots.map(({ name }) => [name, role.state.columns[name]!.slice()]))
    return { unit: part.unit, private: { columns, soft: copySoft(role.state.soft) } } as Opening
  })
  const play = new Play(
    stage.map(({ role }) => role),
    cues,
  )
  try {
    act(cast, 'setup', () => play.open())
    for (let tick = 1; tick <= ticks; tick++) {
      act(cast, `tick ${tick}`, () => play.tick())
      for (const each of stage) inspect(each, tick)
    }
  } finally {
    play.close()
    for (const { role } of stage) role.state.release()
  }
  return openings
}

interface Entered {
  readonly part: Part
  readonly role: Role & { readonly state: UnitState; readonly rehearsal: RehearsalKind }
}

/** Binds nothing yet: makes the state that one unit begins with, in memory of the rehearsal's own. */
function enter(part: Part, cast: Cast): Entered {
  const { unit: name, file, shared, own, base, work, moved, plan } = part
  const namespace = cast.next(file)
  const unit = unitOf(namespace)!
  const memory = { shared, own, arena: work, lastGood: base }
  const state = new UnitState(memory, unit.definition.state?.soft?.() ?? {})
  const previous = unitOf(cast.running(file))
  try {
    if (!part.arena || !previous) unit.definition.init?.(state)
    else if (moved) move(part, plan, { unit, previous }, state)
    else {
      copyMemory(part.arena, work)
      fillOwn(state, part.private, own)
      if (part.private) {
        const declaredSoft = Object.keys(previous.definition.state?.soft?.() ?? {})
        carrySoft({ columns: {}, soft: part.private.soft, declaredSoft } as State, state as State)
      }
    }
  } catch (error) {
    throw failure('TICKSWAP_E_MIGRATION_FAILED', error, [file], `the state of ${name} could not be moved`)
  }
  copyMemory(work, base)
  return { part, role: { name, unit, state, namespace, rehearsal: rehearsalOf(unit.definition) } }
}

function move(
  { arena, private: mine, via }: Part,
  plan: MigrationPlan,
  { unit, previous }: { unit: BoundUnit; previous: BoundUnit },
  to: UnitState,
): void {
  const columns = previous.definition.state?.columns ?? {}
  const [shared, own] = [layoutOf(columns, 'shared'), layoutOf(columns, 'participant')]
  const views = { ...viewsOf(shared, arena!), ...viewsOf(own, new ArrayBuffer(own.bytes)), ...mine?.columns }
  const soft = mine ? copySoft(mine.soft) : (previous.definition.state?.soft?.() ?? {})
  const newer = plan.direction === 'down' ? previous : unit
  const stops = new Stopovers(via).fresh()
  migrate(plan, newer.definition.migrate, { columns: views, soft } as State, to as State, stops)
}

function fillOwn(state: UnitState, mine: OwnState | undefined, own: Layout): void {
  for (const { name } of own.slots) {
    const column = mine?.columns[name]
    if (column && column.length === state.columns[name]!.length) state.columns[name]!.set(column)
  }
}

function unitOf(namespace: object | undefined): BoundUnit | undefined {
  const unit = (namespace as { unit?: unknown } | undefined)?.unit
  return isUnit(unit) ? unit : undefined
}

function act(cast: Cast, when: string, step: () => void): void {
  try {
    step()
  } catch (error) {
    throw failure('TICKSWAP_E_REHEARSAL_EXCEPTION', error, cast.files, `in rehearsal, ${when}`)
  }
}

/** What probation would look at. */
function inspect({ part, role }: Entered, tick: number): void {
  const { unit, file } = part
  const bad = role.state.nonFiniteSinceKept()
  if (bad) {
    const message = `in rehearsal, tick ${tick}, ${unit}.${bad.column}[${bad.index}] became ${bad.value}`
    throw new TickswapError('TICKSWAP_E_REHEARSAL_NON_FINITE', message, { unit, file })
  }
  if (role.rehearsal !== 'hook' && role.rehearsal !== 'calls') return
  const code = 'TICKSWAP_E_REHEARSAL_VERIFY'
  let answer: boolean | void
  try {
    answer = role.unit.definition.verify?.(role.state as State)
  } catch (error) {
    throw failure(code, error, [file], `in rehearsal, tick ${tick}, verify of ${unit} threw`)
  }
  if (answer === false)
    throw new TickswapError(code, `in rehearsal, tick ${tick}, verify of ${unit} returned false`, {
      unit,
      file,
    })
}

function failure(code: ErrorCode, error: unknown, files: readonly string[], what: string): TickswapError {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const place = placeOf(error, files) ?? { file: files[0] ?? '' }
  return new TickswapError(code, `${what}: ${text}`, { advice: ADVICE[code], ...place })
}
