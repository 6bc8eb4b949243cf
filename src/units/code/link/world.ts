import type { Artifact, Request, Slot } from '../artifact.ts'
import { type GraphNode, nodeOf } from '../graph.ts'
import { linkError } from '../loader-error.ts'
import { isLost, type Origin, type Resolution } from '../resolution.ts'
import type { Externals, Namespace } from './externals.ts'
import type { Instance } from './instance.ts'
import type { ModuleView } from './namespace.ts'
import type { Source } from './wiring.ts'

/** A consistent set of instances: the running ones, or those as they will be after a commit. */
export interface World {
  readonly resolution: Resolution
  readonly externals: Externals
  instance(id: string): Instance | undefined
  artifact(id: string): Artifact | undefined
  /** the namespace object of a module */
  namespace(id: string): object
  /** a plain object with a module's exports as properties, for `ns.name` in hot code */
  view(id: string): ModuleView
  metaOf(instance: Instance): object
  /** what a specifier means to a module, when it is only known at run time */
  dynamicRequest(instance: Instance, asked: unknown, options?: unknown): Request
  importDynamically(instance: Instance, specifier: unknown, options?: unknown): Promise<unknown>
  /** the instance of a CommonJS or JSON module, evaluated if it was not yet, for `require` */
  requireHot(id: string): Instance | undefined
}

/** A module of a world as a node of the graph. */
export function nodeIn(world: World, id: string): GraphNode | undefined {
  const artifact = world.artifact(id)
  return artifact && nodeOf(artifact)
}

/** What a slot of module `id` is connected to in a world. @throws SyntaxError when there is no such export */
export function sourceOf(world: World, id: string, slot: Slot): Source | undefined {
  const origin = world.resolution.slot(id, slot)
  if (isLost(origin)) {
    if (slot.weak) return undefined
    throw missing(world, id, slot)
  }
  if (origin.kind === 'external') return externalSource(world, id, origin, slot)
  return sourceAt(world, origin, slot.kind)
}

/** The source behind an export's origin in the graph. */
export function sourceAt(world: World, origin: Origin, kind: Slot['kind'] = 'value'): Source | undefined {
  switch (origin.kind) {
    case 'local': {
      const instance = world.instance(origin.id)
      return instance && { instance, index: origin.index }
    }
    case 'namespace':
      return { value: objectOf(world, origin.id, kind) }
    case 'external': {
      return world.externals.source(origin.id, origin.name)
    }
    default:
      return undefined
  }
}

/** What stands for a whole module. */
function objectOf(world: World, id: string, kind: Slot['kind']): object {
  switch (kind) {
    case 'view':
      return world.view(id).object
    case 'calls':
      return world.view(id).calls
    case 'namespace':
    case 'value':
      return world.namespace(id)
    default:
      return kind satisfies never
  }
}

function externalSource(
  world: World,
  id: string,
  origin: Origin & { kind: 'external' },
  slot: Slot,
): Source | undefined {
  const namespace: Namespace = world.externals.get(origin.id)
  if (origin.name !== '*' && !(origin.name in namespace)) {
    if (slot.weak) return undefined
    throw missing(world, id, slot)
  }
  return sourceAt(world, origin)
}

function missing(world: World, id: string, slot: Slot): SyntaxError {
  const artifact = world.artifact(id)!
  const { specifier, line, column } = artifact.links.requests[slot.request]!
  const message = `The requested module '${specifier}' does not provide an export named '${slot.name}'`
  return linkError(message, { file: artifact.file, ...(line && { line }), ...(column && { column }) })
}
