import { existsSync } from 'node:fs'
import { type Finding, finding, TickswapError } from '../errors.ts'
import type { Contract } from '../units/contract.ts'
import { Constraint } from '../version/constraint.ts'
import { satisfies } from '../version/resolve/domain.ts'
import { Version } from '../version/version.ts'
import type { Catalog } from './catalog.ts'
import { choiceOf, unmetBy } from './dependencies.ts'
import type { Terms } from './former.ts'

/** A version that runs, or would after the swap. */
export interface Side {
  readonly version: Version
  readonly contract: Terms
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
  for (const [name, { version, contract }] of after) {
    const { file } = contract
    for (const { needed, range, isOptional } of unmetBy(contract, after)) {
      const target = after.get(needed)
      const is = target ? `${needed} is ${target.version}` : `there is no unit ${needed}`
      const needs = isOptional ? 'can only run with' : 'requires'
      const message = `${name} ${version} ${needs} ${needed} ${range}, but ${is}`
      found.push(finding('TICKSWAP_E_REQUIREMENT', message, { unit: name, file }))
    }
  }
  return [...found, ...checkUses(after, uses)]
}

/** What the engine asked for with `use`, in the graph as it would be after the swap. */
export function checkUses(after: ReadonlyMap<string, Side>, uses: readonly EngineUse[]): Finding[] {
  const found: Finding[] = []
  for (const { participant, unit, range } of uses) {
    const target = after.get(unit)
    if (target && satisfies(choiceOf(target), unit, unit, Constraint.parse(range))) continue
    const is = target ? `${unit} would be ${target.version}` : `there is no unit ${unit}`
    const message = `the engine uses ${unit} ${range} in ${participant}, but ${is}`
    found.push(
      finding('TICKSWAP_E_REQUIREMENT', message, { unit, ...(target && { file: target.contract.file }) }),
    )
  }
  return found
}

/** Two files with one name; a file whose unit has another name than before. */
export function checkName({ name, file }: Contract, catalog: Catalog): Finding[] {
  const running = catalog.units.get(name)?.running.contract
  const before = catalog.byFile(file)
  if (running && running.file !== file && !existsSync(running.file)) {
    const message = `unit ${name} runs from ${running.file}, which is gone, and moves to ${file} only at the next start`
    return [finding('TICKSWAP_E_UNIT_REMOVED', message, { unit: name, file })]
  }
  if (running && running.file !== file)
    return [
      finding('TICKSWAP_E_UNIT_DUPLICATE', `${name} is also the unit of ${running.file}`, {
        unit: name,
        file,
      }),
    ]
  if (!before || before.name === name) return []
  const message = `${file} now exports unit ${name} instead of ${before.name}${requiredBy(before.name, catalog)}`
  return [finding('TICKSWAP_E_UNIT_REMOVED', message, { unit: before.name, file })]
}

/** Who would miss a unit, as the end of a sentence. */
export function requiredBy(unit: string, catalog: Catalog): string {
  const needing = [...catalog.units.values()].filter(({ running }) => unit in running.contract.requires)
  return needing.length === 0 ? '' : `, which ${needing.map(({ name }) => name).join(', ')} requires`
}

/** The version that a unit declares, with its flags. */
export const declaredBy = ({ version, flags }: Contract): Version => Version.parse(version, { flags })

/** The version a candidate gets: as declared, or the next BUILD when that one has been used. */
export function nextVersion(declared: Version, used: readonly Version[]): Version {
  const builds = used.filter((version) => version.sameDeclared(declared)).map(({ build }) => build)
  if (builds.length === 0) return declared
  const latest = Math.max(...builds)
  return declared.build > latest ? declared : declared.withBuild(latest + 1)
}

/**
 * What a start runs: each unit with its version and contract.
 * @throws TickswapError UNIT_DUPLICATE, or what is wrong with a requirement
 */
export function sidesOf(
  contracts: readonly Contract[],
  versionOf: (contract: Contract) => Version,
): Map<string, Side> {
  const sides = new Map<string, Side>()
  for (const contract of contracts) {
    const twin = sides.get(contract.name)?.contract
    if (twin)
      throw new TickswapError(
        'TICKSWAP_E_UNIT_DUPLICATE',
        `${twin.file} and ${contract.file} are both unit ${contract.name}`,
        { file: contract.file },
      )
    sides.set(contract.name, { version: versionOf(contract), contract })
  }
  const [wrong] = checkRequirements(sides, [])
  if (wrong) throw new TickswapError(wrong.code, wrong.message, wrong)
  return sides
}
