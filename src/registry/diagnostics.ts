import { GENERATION_WORD, LAYOUT } from './layout.ts'
import type { Tables } from './tables.ts'

/**
 * What a registry holds and what has happened in it. Counters count from its creation,
 * modulo 2^32; a version that was reclaimed is no longer in it.
 */
export interface RegistryDiagnostics {
  /** of shared memory, by now and at the most */
  readonly bytes: number
  readonly mostBytes: number
  readonly units: number
  readonly unitCapacity: number
  readonly mostUnits: number
  /** records in use, and room for them by now and at the most */
  readonly versions: number
  readonly versionCapacity: number
  readonly mostVersions: number
  /** records of retired and quarantined versions, which wait to be used again */
  readonly reclaimable: number
  /** counter: versions registered */
  readonly registered: number
  /** counter: of them, those that took a used record */
  readonly reclaimed: number
  /** counter: versions retired or quarantined */
  readonly retired: number
  /** counter: moves of units to another version that went live */
  readonly activated: number
  /** how often the tables have grown */
  readonly grown: number
  /** counter: slots looked at to register units */
  readonly probes: number
  /** the live generation, which counts them */
  readonly generation: number
  /** the generation that is staged and not published, 0 when none is */
  readonly staged: number
  /** threads that have joined now, and the oldest generation that one of them views, -1 without any */
  readonly participants: number
  readonly oldestView: number
  /** counters: threads that joined, and that left or were let go of */
  readonly joined: number
  readonly left: number
  /** counter: writers that found another inside and were turned away */
  readonly refused: number
}

/** One look at every count; they are of about the same instant. */
export function registryDiagnostics(tables: Tables): RegistryDiagnostics {
  tables.learn()
  const count = (offset: number) => tables.header(offset)
  const generation = Atomics.load(tables.words, GENERATION_WORD)
  const staged = count(LAYOUT.HEADER_STAGED)
  const views = viewsIn(tables)
  return {
    bytes: tables.shared.byteLength,
    mostBytes: tables.shared.maxByteLength,
    units: tables.unitCount,
    unitCapacity: tables.unitRoom,
    mostUnits: count(LAYOUT.HEADER_MOST_UNITS),
    versions: tables.recordCount,
    versionCapacity: tables.versionRoom,
    mostVersions: count(LAYOUT.HEADER_MOST_VERSIONS),
    reclaimable: count(LAYOUT.HEADER_RECLAIM_COUNT),
    registered: count(LAYOUT.HEADER_REGISTERED),
    reclaimed: count(LAYOUT.HEADER_RECLAIMED),
    retired: count(LAYOUT.HEADER_RETIRED),
    activated: count(LAYOUT.HEADER_ACTIVATED),
    grown: tables.growths,
    probes: count(LAYOUT.HEADER_PROBES),
    generation,
    staged: staged > generation ? staged : 0,
    participants: views.length,
    oldestView: views.length > 0 ? Math.min(...views) : -1,
    joined: count(LAYOUT.HEADER_JOINED),
    left: count(LAYOUT.HEADER_LEFT),
    refused: count(LAYOUT.HEADER_REFUSED),
  }
}

/** The generation each participant views. */
function viewsIn(tables: Tables): number[] {
  const slots = Array.from({ length: LAYOUT.MAX_PARTICIPANTS }, (_, slot) => tables.slotAt(slot))
  return slots.map((word) => Atomics.load(tables.words, word) - 1).filter((view) => view >= 0)
}
