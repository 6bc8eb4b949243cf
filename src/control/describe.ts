import type { Artifact } from '../units/code/artifact.ts'
import { outlineFor } from '../units/code/surface/cache.ts'
import { surfaceOf } from '../units/code/surface/surface.ts'
import type { Contract } from '../units/contract.ts'
import type { ColumnShape, UnitDescriptor } from '../version/compatibility/descriptor.ts'
import type { Version } from '../version/version.ts'

/** What a version of a unit consists of. */
export interface Described {
  readonly contract: Contract
  readonly version: Version
  readonly hash: string
  /** the modules of its own files */
  readonly artifacts: readonly Artifact[]
}

/** A version as compatibility sees it: its contract from a run of it, exports and places from its source. */
export function describe({ contract, version, hash, artifacts }: Described): UnitDescriptor {
  const own = new Map(artifacts.map((artifact) => [artifact.id, artifact]))
  const surface = surfaceOf(contract.file, {
    links: (id) => own.get(id)?.links,
    outline: (id) => outlineOf(own.get(id)),
  })
  const { name, file, flags, requires, optional, provides, migrations, rules, hasSoft, soft } = contract
  return {
    unit: name,
    version: version.toString(),
    file,
    hash,
    flags,
    requires,
    optional,
    provides,
    state: { columns: columnsOf(contract), ...(hasSoft && { soft }) },
    migrations,
    ...(surface && { surface }),
    rules,
    places: outlineOf(own.get(file))?.declaration?.places ?? {},
  }
}

const outlineOf = (artifact: Artifact | undefined) => artifact && outlineFor(artifact.file, artifact.hash)

function columnsOf({ shared, own }: Contract): Record<string, ColumnShape> {
  const columns: Record<string, ColumnShape> = {}
  for (const [scope, { slots }] of [
    ['shared', shared],
    ['participant', own],
  ] as const)
    for (const { name, type, length } of slots) columns[name] = { type, length, scope }
  return columns
}
