import type { Graph } from '../../units/code/graph.ts'
import { StageError } from '../../units/code/stage-error.ts'
import type { Stager } from '../../units/code/stager.ts'

/**
 * How a module that no unit leads to is imported after all: itself, its importer, and so on up to a module
 * that nothing imports. One path, the shortest.
 * @param modules files that may be on it; those that cannot be staged are left out
 */
export async function importersOf(
  file: string,
  modules: readonly string[],
  stager: Stager,
): Promise<string[]> {
  for (const module of modules) {
    try {
      stager.accept(await stager.boot([module]))
    } catch (error) {
      if (!(error instanceof StageError)) throw error
    }
  }
  return wayUp(file, stager.graph)
}

function wayUp(file: string, graph: Graph): string[] {
  const from = new Map<string, string | undefined>([[file, undefined]])
  for (const id of from.keys()) {
    const above = importing(id, graph)
    for (const importer of above) if (!from.has(importer)) from.set(importer, id)
    if (above.length > 0) continue
    const path: string[] = []
    for (let step: string | undefined = id; step !== undefined; step = from.get(step)) path.unshift(step)
    return path
  }
  return [...from.keys()]
}

function importing(id: string, graph: Graph): string[] {
  const lazily = [...graph.modules.values()].filter(({ links }) =>
    links.lazy.some((request) => request.id === id),
  )
  return [...graph.importersOf(id), ...lazily.map((artifact) => artifact.id)]
}
