/** The units, by name, and the names of those each needs. Names that are no units are ignored. */
export type Needs = ReadonlyMap<string, Iterable<string>>

interface Visit {
  readonly name: string
  readonly rest: Iterator<string>
}

/** Tarjan's strongly connected components, without recursion: graphs may be as deep as they are large. */
class Groups {
  readonly found: string[][] = []
  readonly #needs: Needs
  readonly #index = new Map<string, number>()
  readonly #lowest = new Map<string, number>()
  readonly #open: string[] = []
  readonly #isOpen = new Set<string>()

  constructor(needs: Needs) {
    this.#needs = needs
  }

  visit(root: string): void {
    if (this.#index.has(root)) return
    const path = [this.#enter(root)]
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const { value: name, done } = top.rest.next()
      if (done) {
        path.pop()
        this.#leave(top.name, path.at(-1)?.name)
      } else if (!this.#needs.has(name)) continue
      else if (!this.#index.has(name)) path.push(this.#enter(name))
      else if (this.#isOpen.has(name)) this.#lower(top.name, this.#index.get(name)!)
    }
  }

  #enter(name: string): Visit {
    this.#index.set(name, this.#index.size)
    this.#lowest.set(name, this.#index.size - 1)
    this.#open.push(name)
    this.#isOpen.add(name)
    return { name, rest: [...(this.#needs.get(name) ?? [])].sort()[Symbol.iterator]() }
  }

  #lower(name: string, to: number): void {
    this.#lowest.set(name, Math.min(this.#lowest.get(name)!, to))
  }

  #leave(name: string, parent: string | undefined): void {
    const lowest = this.#lowest.get(name)!
    if (parent !== undefined) this.#lower(parent, lowest)
    if (lowest !== this.#index.get(name)) return
    const group = this.#open.splice(this.#open.lastIndexOf(name))
    for (const member of group) this.#isOpen.delete(member)
    this.found.push(group.sort())
  }
}

/**
 * The order to load and resume units in: each group after those it needs. A group is one unit,
 * or several that need each other in a circle, by name. Backwards it is the order to suspend in.
 * The same for the same graph, whatever order it is given in.
 */
export function loadOrder(needs: Needs): string[][] {
  const groups = new Groups(needs)
  for (const name of [...needs.keys()].sort()) groups.visit(name)
  return groups.found
}
