import type { PlacedShape, Surface } from '../../../version/compatibility/descriptor.ts'
import type { Links } from '../artifact.ts'
import { type Origin, Resolution } from '../resolution.ts'
import type { Outline } from './outline.ts'

/** Where a surface is looked up: the modules of a unit, in one state. */
export interface Modules {
  links(id: string): Links | undefined
  outline(id: string): Outline | undefined
}

const UNKNOWN: PlacedShape = { kind: 'unknown' }

/**
 * The exports of a unit's file, through re-exports in files that travel with it. `unit` itself is left out:
 * its parts are compared one by one.
 * @returns undefined where the source of the file is not known
 */
export function surfaceOf(
  file: string,
  modules: Modules,
  resolution = new Resolution(modules),
): Surface | undefined {
  if (!modules.links(file) || !modules.outline(file)) return undefined
  const surface: Record<string, PlacedShape> = {}
  for (const name of resolution.names(file))
    if (name !== 'unit') surface[name] = shapeAt(resolution.member(file, name), modules)
  return surface
}

function shapeAt(origin: Origin, modules: Modules): PlacedShape {
  if (origin.kind === 'namespace') return { kind: 'namespace' }
  if (origin.kind !== 'local') return UNKNOWN
  const local = modules.links(origin.id)?.locals[origin.index]?.local
  const shapes = modules.outline(origin.id)?.shapes
  return (local !== undefined && shapes && Object.hasOwn(shapes, local) && shapes[local]) || UNKNOWN
}
