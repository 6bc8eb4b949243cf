import { TickswapError } from '../../errors.ts'
import type { Artifact, Request } from './artifact.ts'
import type { Graph } from './graph.ts'
import type { Origin } from './resolution.ts'
import type { ExternalShapes } from './resolve/external-shape.ts'

/** Checks that changed modules, and all that import them, find every name they import. */
export function checkLinks(graph: Graph, changed: Iterable<string>, shapes: ExternalShapes): TickswapError[] {
  const suspects = new Set(changed)
  for (const id of suspects) for (const importer of graph.importersOf(id)) suspects.add(importer)
  return [...suspects].flatMap((id) => {
    const artifact = graph.modules.get(id)
    return artifact ? [...moduleErrors(graph, artifact), ...packageErrors(artifact, shapes)] : []
  })
}

function* moduleErrors(graph: Graph, { id, file, links }: Artifact): Generator<TickswapError> {
  const resolution = graph.resolution
  for (const slot of links.slots) {
    if (slot.weak || slot.name === '*') continue
    yield* lost(
      resolution.slot(id, { ...slot, kind: 'value' }),
      slot.name,
      links.requests[slot.request]!,
      file,
    )
  }
  for (const { name, imported, request, weak } of links.indirect) {
    if (weak || imported === '*') continue
    yield* lost(resolution.export(id, name), imported, links.requests[request]!, file)
  }
}

/** Names that a package does not have; those of CommonJS are only known when it has run. */
function* packageErrors({ file, links }: Artifact, shapes: ExternalShapes): Generator<TickswapError> {
  const asked = [
    ...links.slots.map(({ request, name, weak }) => ({ request, name, weak })),
    ...links.indirect.map(({ request, imported, weak }) => ({ request, name: imported, weak })),
  ]
  for (const { request, name, weak } of asked) {
    const found = links.requests[request]!
    if (weak || found.kind === 'hot' || !shapes.lacks(found.id, name)) continue
    yield* lost({ kind: 'missing' }, name, found, file)
  }
}

function* lost(origin: Origin, name: string, request: Request, file: string): Generator<TickswapError> {
  const { specifier, line, column } = request
  const place = { file, ...(line && { line }), ...(column && { column }) }
  if (origin.kind === 'missing') {
    yield new TickswapError('TICKSWAP_E_LINK', `'${specifier}' does not export '${name}'`, place)
  } else if (origin.kind === 'ambiguous') {
    const message = `'${specifier}' has two different exports '${name}' through export *`
    yield new TickswapError('TICKSWAP_E_LINK', message, place)
  }
}
