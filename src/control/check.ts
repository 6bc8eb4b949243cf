import { type Finding, finding } from '../errors.ts'
import { type Layout, sameShape } from '../state/layout.ts'
import type { MigrationPlan } from '../state/migrate.ts'
import type { Verdict } from '../swap/report.ts'
import type { Contract } from '../units/contract.ts'
import { Constraint } from '../version/constraint.ts'
import { Version } from '../version/version.ts'
import type { Catalog } from './catalog.ts'

/** A version that runs, or would after the swap. */
export interface Side {
  readonly version: Version
  readonly contract: Contract
}

/** What the engine asked for with `use`. */
export interface EngineUse {
  readonly participant: string
  readonly unit: string
  readonly range: string
}

/** How one unit gets from the running to the candidate version. */
export interface Passage {
  readonly plan: MigrationPlan
  /** state needs other memory */
  readonly moved: boolean
  readonly findings: readonly Finding[]
}

/** Requirements of every unit and of the engine in the graph as it would be after the swap. */
export function checkRequirements(after: ReadonlyMap<string, Side>, uses: readonly EngineUse[]): Finding[] {
  const found: Finding[] = []
  for (const [name, { version, contract }] of after)
    for (const [needed, range] of Object.entries(contract.requires)) {
      const target = after.get(needed)
      if (target && Constraint.parse(range).matches(target.version)) continue
      const is = target ? `${needed} is ${target.version}` : `there is no unit ${needed}`
      const message = `${name} ${version} requires ${needed} ${range}, but ${is}`
      found.push(finding('TICKSWAP_E_REQUIREMENT', message, { unit: name, file: contract.file }))
    }
  for (const { participant, unit, range } of uses) {
    const target = after.get(unit)
    if (target && Constraint.parse(range).matches(target.version)) continue
    const is = target ? `${unit} would be ${target.version}` : `there is no unit ${unit}`
    const message = `the engine uses ${unit} ${range} in ${participant}, but ${is}`
    found.push(
      finding('TICKSWAP_E_REQUIREMENT', message, { unit, ...(target && { file: target.contract.file }) }),
    )
  }
  return found.concat(findCycle(after))
}

/** Units that require each other in a circle have no order to be set up in. */
function findCycle(after: ReadonlyMap<string, Side>): Finding[] {
  const done = new Set<string>()
  const visit = (name: string, path: string[]): string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name]
    if (done.has(name)) return undefined
    for (const needed of Object.keys(after.get(name)?.contract.requires ?? {})) {
      const cycle = visit(needed, [...path, name])
      if (cycle) return cycle
    }
    done.add(name)
    return undefined
  }
  for (const name of after.keys()) {
    const cycle = visit(name, [])
    if (!cycle) continue
    const { file } = after.get(name)!.contract
    return [finding('TICKSWAP_E_CYCLE', `requirements go round: ${cycle.join(' -> ')}`, { unit: name, file })]
  }
  return []
}

/** Two files with one name; a file whose unit has another name than before. */
export function checkName({ name, file }: Contract, catalog: Catalog): Finding[] {
  const running = catalog.units.get(name)?.running.contract
  const before = catalog.byFile(file)
  if (running && running.file !== file)
    return [
      finding('TICKSWAP_E_UNIT_DUPLICATE', `${name} is also the unit of ${running.file}`, {
        unit: name,
        file,
      }),
    ]
  if (!before || before.name === name) return []
  const message = `${file} now exports unit ${name} instead of ${before.name}`
  return [finding('TICKSWAP_E_UNIT_REMOVED', message, { unit: before.name, file })]
}

/** Finds the migration between two versions and what would be lost without one. */
export function passageOf(running: Side, candidate: Side): Passage {
  const order = running.version.sameDeclared(candidate.version)
    ? 0
    : Version.compare(candidate.version, running.version)
  const direction = order > 0 ? 'up' : order < 0 ? 'down' : 'none'
  // Both ways live in the newer module.
  const [newer, older] = direction === 'down' ? [running, candidate] : [candidate, running]
  const migration =
    direction === 'none'
      ? undefined
      : newer.contract.migrations.find(({ range }) => Constraint.parse(range).matches(older.version))
  const written = direction !== 'none' && migration?.[direction] === true
  const shapes =
    sameShape(running.contract.shared, candidate.contract.shared) &&
    sameShape(running.contract.own, candidate.contract.own)
  const lost = lostColumns(running.contract, candidate.contract)
  const findings: Finding[] = []
  const { name: unit, file } = candidate.contract
  const versions = `${unit} ${running.version} -> ${candidate.version}`
  if (lost.length > 0 && !written) {
    const message = `${versions} would lose ${lost.join(', ')}, and no migration says how`
    findings.push(finding('TICKSWAP_E_MIGRATION_MISSING', message, { unit, file }))
  } else if (direction === 'up' && written && !migration?.down && lost.length > 0) {
    const message = `${versions} has no way back: a rollback returns to the state before the swap`
    findings.push(finding('TICKSWAP_E_MIGRATION_MISSING', message, { unit, file, severity: 'warning' }))
  }
  const plan: MigrationPlan = migration ? { direction, range: migration.range } : { direction }
  return { plan, moved: !shapes || written, findings }
}

/** Columns whose values the candidate's memory has no place for. */
function lostColumns(running: Contract, candidate: Contract): string[] {
  const lost: string[] = []
  for (const scope of ['shared', 'own'] as const) {
    const next = new Map(candidate[scope].slots.map((slot) => [slot.name, slot]))
    for (const { name, type, length } of (running[scope] as Layout).slots) {
      const kept = next.get(name)
      if (!kept) lost.push(`column ${name}`)
      else if (kept.type !== type) lost.push(`column ${name} (${type} becomes ${kept.type})`)
      else if (kept.length < length) lost.push(`column ${name} (${length} elements become ${kept.length})`)
    }
  }
  return lost
}

/** One word for the whole swap. */
export function verdictOf(
  findings: readonly Finding[],
  pairs: readonly { running?: Side; candidate: Side; passage?: Passage }[],
): Verdict {
  if (findings.some(({ severity }) => severity === 'error')) return 'incompatible'
  if (pairs.some(({ passage }) => passage?.moved)) return 'needs-migration'
  const breaks = pairs.some(
    ({ running, candidate }) => running && running.version.major !== candidate.version.major,
  )
  return breaks ? 'breaking' : 'compatible'
}

/** The version a candidate gets: as declared, or the next BUILD when that one has been used. */
export function nextVersion(declared: Version, used: readonly Version[]): Version {
  const builds = used.filter((version) => version.sameDeclared(declared)).map(({ build }) => build)
  if (builds.length === 0) return declared
  const latest = Math.max(...builds)
  return declared.build > latest ? declared : declared.withBuild(latest + 1)
}
