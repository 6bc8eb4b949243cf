import { TickswapError } from '../errors.ts'
import { Constraint } from '../version/constraint.ts'
import { interfaceVersion } from '../version/resolve/interfaces.ts'
import type { UnitDefinition } from './unit.ts'

/** What a unit needs of others, and what it offers them. */
export interface Dependencies {
  readonly requires: Readonly<Record<string, string>>
  readonly optional: Readonly<Record<string, string>>
  readonly provides: Readonly<Record<string, readonly string[]>>
}

const MOST_INTERFACE_VERSIONS = 64

/**
 * Reads what a unit declares about other units.
 * @throws TickswapError CYCLE for a unit that requires itself, UNIT_INVALID, CONSTRAINT_INVALID, VERSION_INVALID
 */
export function dependenciesOf(definition: UnitDefinition, unit: string, file: string): Dependencies {
  const requires = ranges(definition.requires, 'requires', unit, file)
  const optional = ranges(definition.optional, 'optional', unit, file)
  for (const name of Object.keys(optional))
    if (Object.hasOwn(requires, name)) throw invalid(unit, file, `${name} is both required and optional`)
  return { requires, optional, provides: offers(definition.provides, unit, file) }
}

const invalid = (unit: string, file: string, what: string): TickswapError =>
  new TickswapError('TICKSWAP_E_UNIT_INVALID', `unit ${JSON.stringify(unit)}: ${what}`, { file, unit })

function ranges(declared: unknown, where: string, unit: string, file: string): Record<string, string> {
  if (declared === undefined) return {}
  if (!isPlain(declared)) throw invalid(unit, file, `${where} is an object of unit names and ranges`)
  for (const [name, range] of Object.entries(declared)) {
    if (name === unit)
      throw new TickswapError('TICKSWAP_E_CYCLE', `unit ${unit} requires itself, in ${where}`, { file, unit })
    try {
      Constraint.parse(range as string)
    } catch (error) {
      throw inFile(error, file, unit)
    }
  }
  return { ...(declared as Record<string, string>) }
}

function offers(declared: unknown, unit: string, file: string): Record<string, readonly string[]> {
  if (declared === undefined) return {}
  if (!isPlain(declared)) throw invalid(unit, file, 'provides is an object of interface names and versions')
  const found: Record<string, readonly string[]> = {}
  for (const [name, versions] of Object.entries(declared)) {
    if (!Array.isArray(versions) || versions.length < 1 || versions.length > MOST_INTERFACE_VERSIONS)
      throw invalid(unit, file, `provides.${name} is a list of 1 to ${MOST_INTERFACE_VERSIONS} versions`)
    try {
      for (const version of versions) interfaceVersion(version)
    } catch (error) {
      throw inFile(error, file, unit)
    }
    found[name] = [...versions]
  }
  return found
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The same error with the file it concerns. */
export function inFile(error: unknown, file: string, unit: string): unknown {
  if (!(error instanceof TickswapError)) return error
  return new TickswapError(error.code, error.finding.message, { ...error.finding, file, unit })
}
