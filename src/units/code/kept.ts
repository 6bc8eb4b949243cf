import { cachedDataVersionTag } from 'node:v8'
import type { Artifact, Request } from './artifact.ts'
import { isTyped } from './content/script.ts'
import type { Resolver } from './resolve/resolver.ts'
import { settingsOf } from './resolve/tsconfig.ts'

/** Of what the transform makes of a module: raise it with every change of that. */
const TRANSFORM_FORMAT = 2

/** What made an artifact: one made by something else must not be kept. */
export const madeBy = (): string =>
  [TRANSFORM_FORMAT, process.version, process.arch, cachedDataVersionTag()].join(' ')

/** Whether an artifact that was kept is what staging its file would give now. */
export function isCurrent(artifact: Artifact, resolver: Resolver): boolean {
  const { file, selfContained, settings = '', links } = artifact
  if (!selfContained) return false
  if (isTyped(file) && settings !== settingsOf(resolver.tsconfigs.optionsFor(file))) return false
  const resolve = (specifier: string): Request | undefined => {
    try {
      return resolver.resolve(specifier, file)
    } catch {
      return undefined
    }
  }
  const leadsThere = ({ specifier, kind, id }: Request): boolean => {
    const found = resolve(specifier)
    return found?.kind === kind && found.id === id
  }
  return (
    links.requests.every(leadsThere) &&
    links.lazy.every(leadsThere) &&
    (links.unresolved ?? []).every((specifier) => resolve(specifier) === undefined)
  )
}

/** Whether a kept artifact was printed for the circles of imports it is in now. */
export function isGuardedAs({ links }: Artifact, guarded: ReadonlySet<number>): boolean {
  if (links.circular !== guarded.size > 0) return false
  return links.slots.every((slot) => (slot.guarded === true) === guarded.has(slot.request))
}
