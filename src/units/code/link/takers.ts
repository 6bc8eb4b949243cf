import type { Artifact, HotUse } from '../artifact.ts'

/** The modules that take an update, by `import.meta.hot.accept`. */
export interface Takers {
  /** those that take it as their own */
  readonly self: ReadonlySet<string>
  /** by importer, the modules whose updates it takes */
  readonly imports: ReadonlyMap<string, ReadonlySet<string>>
}

/**
 * Follows an update up the importers, as Vite does: a module that takes updates of itself ends a way,
 * and so does an importer that takes those of the module below it. What lies between may only be rebound.
 * @param evaluated ids of the modules that have a new version
 * @param usesOf what the version of a module that ran when the update came says that it takes
 */
export function takersOf(
  evaluated: Iterable<string>,
  running: Iterable<Artifact>,
  usesOf: (id: string) => HotUse | undefined,
): Takers {
  const importers = new Map<string, string[]>()
  for (const { id, imports, links } of running) {
    for (const target of new Set([...imports, ...links.lazy.map((request) => request.id)])) {
      const known = importers.get(target)
      if (known) known.push(id)
      else importers.set(target, [id])
    }
  }
  const self = new Set<string>()
  const imports = new Map<string, Set<string>>()
  const reached = new Set(evaluated)
  for (const id of reached) {
    if (usesOf(id)?.self) {
      self.add(id)
      continue
    }
    for (const importer of importers.get(id) ?? []) {
      if (!usesOf(importer)?.accepts.includes(id)) reached.add(importer)
      else imports.set(importer, (imports.get(importer) ?? new Set()).add(id))
    }
  }
  return { self, imports }
}
