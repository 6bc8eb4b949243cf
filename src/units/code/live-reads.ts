/** Imports of packages that reach a module through other hot modules. */
import type { Artifact } from './artifact.ts'
import type { Graph } from './graph.ts'
import type { ExternalShapes } from './resolve/external-shape.ts'

/** Whether any of the modules passes on what a package exports. */
export function reexportersAmong(artifacts: Iterable<Artifact>): boolean {
  for (const { links } of artifacts) {
    const isPackage = (request: number): boolean => links.requests[request]!.kind === 'external'
    if (links.stars.some(isPackage) || links.indirect.some((each) => isPackage(each.request))) return true
  }
  return false
}

/** Local names of a module's imports whose values are a package's, and change. */
export function liveThrough(graph: Graph, id: string, shapes: ExternalShapes): string[] {
  const { links } = graph.modules.get(id)!
  return Object.entries(links.imported).flatMap(([local, slots]) => {
    const isLive = slots.some((index) => {
      const slot = links.slots[index]!
      if (slot.kind !== 'value' || links.requests[slot.request]!.kind !== 'hot') return false
      const origin = graph.resolution.slot(id, slot)
      return origin.kind === 'external' && shapes.isLive(origin.id, origin.name)
    })
    return isLive ? [local] : []
  })
}
