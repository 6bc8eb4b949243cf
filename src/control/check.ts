import { type Finding, finding } from '../errors.ts'
import type { Contract } from '../units/contract.ts'
import { Constraint } from '../version/constraint.ts'
import type { Version } from '../version/version.ts'
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
  return [...found, ...checkUses(after, uses), ...checkCycles(after)]
}

/** What the engine asked for with `use`, in the graph as it would be after the swap. */
export function checkUses(after: ReadonlyMap<string, Side>, uses: readonly EngineUse[]): Finding[] {
  const found: Finding[] = []
  for (const { participant, unit, range } of uses) {
    const target = after.get(unit)
    if (target && Constraint.parse(range).matches(target.version)) continue
    const is = target ? `${unit} would be ${target.version}` : `there is no unit ${unit}`
    const message = `the engine uses ${unit} ${range} in ${participant}, but ${is}`
    found.push(
      finding('TICKSWAP_E_REQUIREMENT', message, { unit, ...(target && { file: target.contract.file }) }),
    )
  }
  return found
}

/** Units that require each other in a circle have no order to be set up in. */
export function checkCycles(after: ReadonlyMap<string, Side>): Finding[] {
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

/** The version a candidate gets: as declared, or the next BUILD when that one has been used. */
export function nextVersion(declared: Version, used: readonly Version[]): Version {
  const builds = used.filter((version) => version.sameDeclared(declared)).map(({ build }) => build)
  if (builds.length === 0) return declared
  const latest = Math.max(...builds)
  return declared.build > latest ? declared : declared.withBuild(latest + 1)
}
