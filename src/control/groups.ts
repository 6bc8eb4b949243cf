import type { Artifact } from '../units/code/artifact.ts'
import type { Catalog } from './catalog.ts'

/**
 * Consistency groups: units that name the same group, or call each other through imports. They share state or
 * shapes, so they swap together or not at all.
 * @returns unit to all units of its group, itself included, in the order of their names
 */
export function groupsOf(
  catalog: Catalog,
  artifact: (id: string) => Artifact | undefined,
): Map<string, string[]> {
  const parent = new Map<string, string>()
  const find = (name: string): string => {
    const up = parent.get(name) ?? name
    return up === name ? name : find(up)
  }
  const join = (a: string, b: string) => parent.set(find(a), find(b))
  const named = new Map<string, string>()
  for (const { name, running } of catalog.units.values()) {
    const { group, file } = running.contract
    if (group !== undefined) {
      join(name, named.get(group) ?? name)
      named.set(group, name)
    }
    for (const { imports } of catalog.closure(file))
      for (const imported of imports) {
        const other = artifact(imported)?.isUnit && imported !== file ? catalog.byFile(imported) : undefined
        if (other) join(name, other.name)
      }
  }
  const members = new Map<string, string[]>()
  for (const name of [...catalog.units.keys()].sort())
    members.set(find(name), [...(members.get(find(name)) ?? []), name])
  return new Map([...catalog.units.keys()].map((name) => [name, members.get(find(name))!]))
}
