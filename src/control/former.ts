import { TickswapError } from '../errors.ts'
import type { Registry } from '../registry/registry.ts'
import type { Artifact } from '../units/code/artifact.ts'
import type { Contract } from '../units/contract.ts'
import { Constraint } from '../version/constraint.ts'
import { Version } from '../version/version.ts'
import type { UnitEntry } from './catalog.ts'

/** What a version asks of others, and offers them. */
export type Terms = Pick<Contract, 'name' | 'file' | 'requires' | 'optional' | 'provides'>

/** A version of a unit that ran before, in this run of the engine or an earlier one. */
export interface Former {
  readonly version: Version
  readonly contract: Terms
  /** hash over the unit's own files, 16 hex digits */
  readonly hash: string
  /** the modules of its own files; absent of one of an earlier run: they are made from the sources in the store */
  readonly artifacts?: readonly Artifact[]
}

/** The versions that a store keeps. */
export interface Stored {
  /** resolves when they are known, shortly after a start. @throws TickswapError PHASE_TIMEOUT */
  known(): Promise<void>
  /** of a unit, in the order in which they last became permanent; of this run's as well */
  of(unit: string): readonly Former[]
}

/** What an engine asks to go back to: one version, or the best one in a range. */
export type Wanted = Version | Constraint

/** @throws TickswapError VERSION_INVALID for text that is neither a version nor a range */
export function wantedOf(to: string): Wanted {
  try {
    return Version.parse(to)
  } catch (error) {
    try {
      return Constraint.parse(to)
    } catch {
      throw error
    }
  }
}

/**
 * The version of a unit to go back to, one that ran before and does not run now: the newest of the wanted number, the
 * highest in the wanted range, or without either the last of other content. Of this run, where it has one that fits; else the store's.
 * @throws TickswapError NO_SUCH_VERSION, PHASE_TIMEOUT
 */
export async function formerToGoBackTo(
  entry: UnitEntry,
  wanted: Wanted | undefined,
  registry: Registry,
  stored: Stored,
): Promise<Former> {
  const ofRun =
    wanted instanceof Constraint ? undefined : lastOf(entry, others(entry.editions, entry), wanted)
  if (ofRun) return ofRun
  await stored.known()
  const kept = others(stored.of(entry.name), entry)
  const found =
    wanted instanceof Constraint
      ? higher(bestOfRun(entry, wanted, registry), bestOf(kept, wanted))
      : lastOf(entry, kept, wanted)
  if (found) return found
  const versions = [...kept, ...others(entry.editions, entry)].map(({ version }) => version.toString())
  const list = [...new Set(versions)].join(', ') || 'none'
  throw new TickswapError(
    'TICKSWAP_E_NO_SUCH_VERSION',
    `unit ${entry.name} has no version ${wanted ?? 'to go back to'}; there are: ${list}`,
    { unit: entry.name },
  )
}

/** All versions that a unit can go back to, and the one that runs, in the order in which they came to run. */
export function formersOf({ name, editions }: UnitEntry, stored: Stored): string[] {
  const ran = editions.map(({ version }) => version.toString())
  const kept = stored.of(name).map(({ version }) => version.toString())
  return [...kept.filter((version) => !ran.includes(version)), ...ran]
}

function others<T extends Former>(formers: readonly T[], { running }: UnitEntry): T[] {
  return formers.filter(({ version }) => Version.compare(version, running.version) !== 0)
}

function lastOf(
  { running }: UnitEntry,
  formers: readonly Former[],
  wanted: Version | undefined,
): Former | undefined {
  return formers.findLast(({ version, hash }) =>
    wanted ? Version.compare(version, wanted) === 0 : hash !== running.hash,
  )
}

function bestOfRun({ index, standby }: UnitEntry, range: Constraint, registry: Registry): Former | undefined {
  const record = registry.best(index, range, { states: ['standby'] })
  return standby.find((edition) => edition.record === record)
}

function bestOf(formers: readonly Former[], range: Constraint): Former | undefined {
  const version = range.best(formers.map((former) => former.version))
  return formers.findLast((former) => former.version === version)
}

/** Of equal ones the first. */
function higher(a: Former | undefined, b: Former | undefined): Former | undefined {
  if (!a || !b) return a ?? b
  return Version.compare(b.version, a.version) > 0 ? b : a
}
