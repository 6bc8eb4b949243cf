import { TickswapError } from '../errors.ts'
import { type Layout, layoutOf } from '../state/layout.ts'
import type { Rule } from '../version/compatibility/rules.ts'
import { Constraint } from '../version/constraint.ts'
import { flagBits } from '../version/flags.ts'
import { Version } from '../version/version.ts'
import { type Columns, isColumnType } from './column.ts'
import { dependenciesOf, inFile } from './requirements.ts'
import { softType } from './soft-type.ts'
import { isUnit, type UnitDefinition } from './unit.ts'

const MAX_LENGTH = 2 ** 28
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/

/** What is written of a migration. */
export interface MigrationFacts {
  /** of older versions */
  readonly range: string
  readonly up: boolean
  readonly down: boolean
  readonly lossy: boolean
  /** rows that it can move a part at a time, upwards; 0 when it is not written so */
  readonly rows: number
}

/** How a candidate of a unit is rehearsed: see UnitDefinition.rehearse. */
export type RehearsalKind = 'hook' | 'calls' | 'declined' | 'none'

export function rehearsalOf({ rehearse, deterministic }: UnitDefinition): RehearsalKind {
  if (typeof rehearse === 'function') return 'hook'
  if (rehearse === false) return 'declined'
  return rehearse === 'calls' || deterministic === true ? 'calls' : 'none'
}

/** What the control thread knows of one version of a unit, without running it. Structured-cloneable. */
export interface Contract {
  readonly name: string
  /** absolute path of the file that exports the unit */
  readonly file: string
  /** as declared, in canonical form */
  readonly version: string
  readonly flags: readonly string[]
  readonly requires: Readonly<Record<string, string>>
  readonly optional: Readonly<Record<string, string>>
  /** interface name to the versions offered, as `1`, `1.4` or `1.4.2` */
  readonly provides: Readonly<Record<string, readonly string[]>>
  readonly shared: Layout
  readonly own: Layout
  readonly hasSoft: boolean
  /** the consistency group that it names */
  readonly group: string | undefined
  readonly rehearsal: RehearsalKind
  /** it says that its functions depend on arguments and state alone */
  readonly deterministic: boolean
  /** key to the type of its first value */
  readonly soft: Readonly<Record<string, string>>
  readonly migrations: readonly MigrationFacts[]
  /** as declared; whether they are right is seen when they are used */
  readonly rules: readonly Rule[]
}

const HOOKS = ['init', 'setup', 'dispose', 'verify', 'health'] as const

/**
 * Reads and validates the unit that a file exports.
 * @throws TickswapError NOT_A_UNIT, UNIT_INVALID, VERSION_INVALID or CONSTRAINT_INVALID, with the file
 */
export function contractOf(exported: unknown, file: string): Contract {
  if (!isUnit(exported)) throw new TickswapError('TICKSWAP_E_NOT_A_UNIT', `${file} exports no unit`, { file })
  const definition = exported.definition
  const name = definition.name ?? nameOfFile(file)
  const invalid = (what: string) =>
    new TickswapError('TICKSWAP_E_UNIT_INVALID', `unit ${JSON.stringify(name)}: ${what}`, {
      file,
      unit: name,
    })
  if (typeof name !== 'string' || !NAME.test(name))
    throw invalid('a name is 1 to 64 letters, digits, dots, dashes or underscores')
  if (
    definition.group !== undefined &&
    (typeof definition.group !== 'string' || !NAME.test(definition.group))
  )
    throw invalid('group must be a name like that of a unit')
  for (const hook of HOOKS)
    if (definition[hook] !== undefined && typeof definition[hook] !== 'function')
      throw invalid(`${hook} must be a function`)
  const { rehearse, deterministic } = definition
  if (![undefined, false, 'calls'].includes(rehearse as string) && typeof rehearse !== 'function')
    throw invalid("rehearse must be a function, 'calls' or false")
  if (deterministic !== undefined && typeof deterministic !== 'boolean')
    throw invalid('deterministic must be true or false')
  if (definition.state?.soft !== undefined && typeof definition.state.soft !== 'function')
    throw invalid('state.soft must be a function that returns a new object')
  const soft = checkSoft(definition, invalid)
  const columns = validColumns(definition, invalid)
  return {
    name,
    file,
    version: declaredVersion(definition, file, name),
    flags: declaredFlags(definition, file, name),
    ...dependenciesOf(definition, name, file),
    shared: layoutOf(columns, 'shared'),
    own: layoutOf(columns, 'participant'),
    hasSoft: definition.state?.soft !== undefined,
    group: definition.group,
    rehearsal: rehearsalOf(definition),
    deterministic: deterministic === true,
    soft: Object.fromEntries(Object.entries(soft).map(([key, value]) => [key, softType(value)])),
    migrations: validMigrations(definition, file, name, invalid),
    rules: validRules(definition, invalid),
  }
}

export const nameOfFile = (file: string): string =>
  file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1).replace(/\.[cm]?[jt]sx?$/, '')

type Invalid = (what: string) => TickswapError

/** What soft state begins as. */
function checkSoft(definition: UnitDefinition, invalid: Invalid): object {
  try {
    return structuredClone(definition.state?.soft?.()) ?? {}
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw invalid(`state.soft must return an object that structuredClone can copy: ${why}`)
  }
}

function declaredVersion(definition: UnitDefinition, file: string, unit: string): string {
  try {
    return Version.parse(definition.version).toString()
  } catch (error) {
    throw inFile(error, file, unit)
  }
}

function validColumns(definition: UnitDefinition, invalid: Invalid): Columns {
  const columns = definition.state?.columns ?? {}
  for (const [name, column] of Object.entries(columns)) {
    if (!isColumnType(column?.type))
      throw invalid(`column ${name} is not made by f32, u8 or one of their kind`)
    if (!Number.isInteger(column.length) || column.length < 1 || column.length > MAX_LENGTH)
      throw invalid(`column ${name} has length ${column.length}; 1 to ${MAX_LENGTH} elements are possible`)
    if (column.scope !== 'shared' && column.scope !== 'participant')
      throw invalid(`column ${name} has scope ${column.scope}; it is 'shared' or 'participant'`)
  }
  return columns
}

function validMigrations(definition: UnitDefinition, file: string, unit: string, invalid: Invalid) {
  return Object.entries(definition.migrate ?? {}).map(([range, migration]): MigrationFacts => {
    checkRange(range, file, unit)
    for (const way of ['up', 'down', 'upRange', 'downRange'] as const)
      if (migration[way] !== undefined && typeof migration[way] !== 'function')
        throw invalid(`migrate['${range}'].${way} must be a function`)
    const { rows = 0, upRange, downRange } = migration
    if ((upRange ?? downRange) && !(Number.isInteger(rows) && rows >= 1 && rows <= MAX_LENGTH))
      throw invalid(`migrate['${range}'].rows must be the number of rows, 1 to ${MAX_LENGTH}`)
    return {
      range,
      up: (migration.up ?? upRange) !== undefined,
      down: (migration.down ?? downRange) !== undefined,
      lossy: migration.lossy === true,
      rows: upRange ? rows : 0,
    }
  })
}

function declaredFlags(definition: UnitDefinition, file: string, unit: string): string[] {
  const flags = definition.flags ?? []
  try {
    flagBits(flags)
    return [...flags]
  } catch (error) {
    throw inFile(error, file, unit)
  }
}

/** Plain data, so that it can be sent to the control thread. */
function validRules(definition: UnitDefinition, invalid: Invalid): readonly Rule[] {
  const { rules = [] } = definition
  if (!Array.isArray(rules)) throw invalid('rules must be a list')
  return rules.map((rule) => JSON.parse(JSON.stringify(rule)) as Rule)
}

function checkRange(range: string, file: string, unit: string): void {
  try {
    Constraint.parse(range)
  } catch (error) {
    throw inFile(error, file, unit)
  }
}
