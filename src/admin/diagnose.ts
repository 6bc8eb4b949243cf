import { release } from 'node:os'
import v8 from 'node:v8'
import { nativeDiagnostics } from '../native/diagnostics.ts'
import { packageVersion } from '../version/package-version.ts'
import type { EngineView } from './engine-view.ts'

/** Everything about a running engine that a report of trouble should have; no source, no state, no token. */
export async function diagnose(view: EngineView) {
  const [vitals, units, participants] = await Promise.all([
    view.vitals(),
    view.units(),
    view.participantsInFull(),
  ])
  const { heapTotal, heapUsed, external, arrayBuffers, rss } = process.memoryUsage()
  return {
    tickswap: packageVersion(),
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${process.platform}-${process.arch}`,
    os: release(),
    pid: process.pid,
    uptimeSeconds: view.uptimeMs / 1000,
    native: nativeDiagnostics(),
    memory: {
      residentBytes: rss,
      arenaBytes: sum(units.map(({ arenaBytes }) => arenaBytes)),
      backupBytes: sum(units.map(({ backupBytes }) => backupBytes)),
      adminThread: { heapTotal, heapUsed, external, arrayBuffers },
      heapLimit: v8.getHeapStatistics().heap_size_limit,
    },
    queued: vitals.queued,
    registry: view.registry(),
    units: units.map(({ unit, version, hash, state }) => ({ unit, version, hash, state })),
    participants,
    ...(vitals.store && { store: vitals.store }),
  }
}

/** What `diagnose` gives. */
export type EngineDiagnostics = Awaited<ReturnType<typeof diagnose>>

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
