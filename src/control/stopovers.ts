import type { Stopover } from '../swap/stopover.ts'
import type { Artifact } from '../units/code/artifact.ts'
import { evaluationOrder, nodeOf } from '../units/code/graph.ts'
import type { Candidate } from '../version/compatibility/check.ts'
import type { Catalog, Edition, UnitEntry } from './catalog.ts'

/** The versions that a unit's state passes through on its way to the candidate, ready to be loaded anywhere. */
export function stopoversOf(
  entry: UnitEntry | undefined,
  { transition: { passage } }: Candidate,
  catalog: Catalog,
): Stopover[] {
  return (passage?.chain?.via ?? []).flatMap((version) => {
    const edition = entry?.editions.findLast((each) => each.version.toString() === version)
    return edition ? [stopoverOf(edition, catalog)] : []
  })
}

function stopoverOf(edition: Edition, catalog: Catalog): Stopover {
  catalog.requireWhole(edition)
  const { version, contract, artifacts } = edition
  // Its own modules as they were, and those of other units as they are.
  const own = new Map(artifacts.map((artifact) => [artifact.id, artifact]))
  const find = (id: string): Artifact | undefined => own.get(id) ?? catalog.artifact(id)
  const evaluate = evaluationOrder([contract.file], (id) => {
    const artifact = find(id)
    return artifact && nodeOf(artifact)
  })
  const update = { artifacts: evaluate.map((id) => find(id)!), evaluate, lazy: [], rebind: [], removed: [] }
  return { version: version.toString(), file: contract.file, update }
}
