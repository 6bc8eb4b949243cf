import { type Finding, finding } from '../../errors.ts'
import { Constraint } from '../constraint.ts'
import { Version } from '../version.ts'
import type { Chain } from './chain.ts'
import { type MigrationShape, placeIn, type UnitDescriptor } from './descriptor.ts'
import { compareState, type StateDifference } from './state-diff.ts'

/** How the state gets from one version to another. */
export interface Passage {
  readonly direction: 'none' | 'up' | 'down'
  /** the migration of the newer version that covers the older one */
  readonly migration: MigrationShape | undefined
  readonly state: StateDifference
  /** the state moves to other memory */
  readonly moved: boolean
  /** nothing that the old version holds is left without a place or a word */
  readonly isKept: boolean
  /** the same for the way back */
  readonly isReversible: boolean
  /** the way back is declared not to bring back everything */
  readonly isLossy: boolean
  /** the way over other versions, where there is no direct one */
  readonly chain?: Chain
}

/** Both ways live in the newer of two versions. */
export function passageBetween(from: UnitDescriptor, to: UnitDescriptor): Passage {
  const direction = directionOf(Version.parse(from.version), Version.parse(to.version))
  const [newer, older] = direction === 'down' ? [from, to] : [to, from]
  const migration = direction === 'none' ? undefined : migrationFor(newer, Version.parse(older.version))
  const [way, back] = direction === 'down' ? (['down', 'up'] as const) : (['up', 'down'] as const)
  const state = compareState(from, to)
  const isWritten = migration?.[way] === true
  return {
    direction,
    migration,
    state,
    moved: state.moved || isWritten,
    isKept: state.lost.length === 0 || isWritten,
    isReversible:
      compareState(to, from).lost.length === 0
        ? !isWritten || migration?.[back] === true
        : migration?.[back] === true,
    isLossy: migration?.lossy === true || newer.flags.some((flag) => flag.toLowerCase() === 'lossy-down'),
  }
}

function directionOf(from: Version, to: Version): Passage['direction'] {
  if (from.sameDeclared(to)) return 'none'
  return Version.compare(to, from) > 0 ? 'up' : 'down'
}

const migrationFor = (newer: UnitDescriptor, older: Version): MigrationShape | undefined =>
  newer.migrations.find(({ range }) => Constraint.parse(range).accepts(older))

/**
 * What is missing on the way: values without a place and without a migration, a way back, or a step of the
 * chain of stored versions between the two.
 */
export function checkPassage(
  from: UnitDescriptor,
  to: UnitDescriptor,
  passage: Passage,
  stored: readonly UnitDescriptor[],
): Finding[] {
  const { unit } = to
  const versions = `${unit} ${from.version} -> ${to.version}`
  const place = placeIn(to, `migrate.${passage.migration?.range}`, 'migrate', 'columns', 'version')
  if (!passage.isKept) {
    const message = `${versions} would lose ${passage.state.lost.join(', ')}, and no migration says how`
    const found = finding('TICKSWAP_E_MIGRATION_MISSING', message, { unit, ...place })
    const chain = checkChain(from, to, stored)
    return [
      chain ? { ...found, advice: `${chain.advice} ${found.advice}` } : found,
      ...(chain?.findings ?? []),
    ]
  }
  const { direction, migration, state } = passage
  if (direction !== 'up' || !migration?.up || migration.down || state.lost.length === 0) return []
  const message = `${versions} has no way back: a rollback returns to the state before the swap`
  return [finding('TICKSWAP_E_MIGRATION_MISSING', message, { unit, ...place, severity: 'warning' })]
}

/** One step between neighbours among the stored versions. */
interface Step {
  readonly from: UnitDescriptor
  readonly to: UnitDescriptor
  readonly passage: Passage
}

/** The stored versions from one to the other, in the order of the way. */
export function stepsBetween(
  from: UnitDescriptor,
  to: UnitDescriptor,
  stored: readonly UnitDescriptor[],
): Step[] {
  const [low, high] = [from, to].map(({ version }) => Version.parse(version)).sort(Version.compare) as [
    Version,
    Version,
  ]
  const between = stored
    .map((descriptor) => ({ descriptor, version: Version.parse(descriptor.version) }))
    .filter(({ version }) => Version.compare(version, low) > 0 && Version.compare(version, high) < 0)
    .sort((a, b) => Version.compare(a.version, b.version))
    .map(({ descriptor }) => descriptor)
  const isUp = Version.compare(Version.parse(from.version), low) === 0
  const way = [from, ...(isUp ? between : between.reverse()), to]
  return way.slice(1).map((next, i) => ({ from: way[i]!, to: next, passage: passageBetween(way[i]!, next) }))
}

/** Where there is no direct migration: whether one step after the other would do, and else where it breaks off. */
function checkChain(from: UnitDescriptor, to: UnitDescriptor, stored: readonly UnitDescriptor[]) {
  const steps = stepsBetween(from, to, stored)
  if (steps.length < 2) return undefined
  const noWayBack = steps.filter(({ passage }) => passage.isKept && !passage.isReversible).map(oneWayStep)
  const broken = steps.filter(({ passage }) => !passage.isKept)
  if (broken.length > 0) return { advice: '', findings: [...broken.map(brokenStep), ...noWayBack] }
  const stops = steps.slice(0, -1).map((step) => step.to.version)
  return { advice: `Go by ${stops.join(', then ')}: each step has its migration.`, findings: noWayBack }
}

function brokenStep(step: Step): Finding {
  const lost = `${step.passage.state.lost.join(', ')} would be lost`
  return missingWay(step, step.passage.direction === 'down' ? 'down' : 'up', lost)
}

const oneWayStep = (step: Step): Finding =>
  missingWay(step, step.passage.direction === 'down' ? 'up' : 'down', 'there is no way back over it')

function missingWay({ from, to, passage }: Step, way: 'up' | 'down', consequence: string): Finding {
  const newer = passage.direction === 'down' ? from : to
  const message = `the chain of migrations breaks off at ${from.version} -> ${to.version}: ${newer.version} has no \`${way}\` for it, and ${consequence}`
  const place = placeIn(newer, 'migrate', 'columns', 'version')
  return finding('TICKSWAP_E_MIGRATION_CHAIN', message, { unit: to.unit, ...place, severity: 'warning' })
}
