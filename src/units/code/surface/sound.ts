import { TickswapError } from '../../../errors.ts'
import { placeIn, type UnitDescriptor } from '../../../version/compatibility/descriptor.ts'
import { Constraint } from '../../../version/constraint.ts'
import { flagBits } from '../../../version/flags.ts'
import { dependenciesOf } from '../../requirements.ts'

/**
 * Refuses what an engine would refuse as soon as it has run the file: unknown flags, texts that are no ranges, a unit
 * that requires itself.
 * @throws TickswapError FLAG_UNKNOWN, CONSTRAINT_INVALID, CYCLE, VERSION_INVALID or UNIT_INVALID, with the place
 */
export function requireSound(unit: UnitDescriptor): void {
  const { requires, optional = {}, provides, migrations, flags } = unit
  const at = (keys: readonly string[], check: () => unknown) => placed(unit, keys, check)
  const depends = (definition: object) =>
    dependenciesOf({ version: unit.version, ...definition }, unit.unit, unit.file)
  at(['flags'], () => flagBits(flags))
  for (const [name, range] of Object.entries(requires))
    at([`requires.${name}`], () => depends({ requires: { [name]: range } }))
  for (const [name, range] of Object.entries(optional))
    at([`optional.${name}`], () => depends({ requires, optional: { [name]: range } }))
  at(['provides'], () => depends({ provides }))
  for (const { range } of migrations) at([`migrate.${range}`, 'migrate'], () => Constraint.parse(range))
}

function placed(unit: UnitDescriptor, keys: readonly string[], check: () => unknown): void {
  try {
    check()
  } catch (cause) {
    if (!(cause instanceof TickswapError)) throw cause
    const place = placeIn(unit, ...keys, 'version')
    throw new TickswapError(cause.code, cause.finding.message, { unit: unit.unit, ...place }, { cause })
  }
}
