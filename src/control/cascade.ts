import type { GoBack } from './ask.ts'
import type { Catalog } from './catalog.ts'
import type { Side } from './check.ts'
import { unmetBy } from './dependencies.ts'
import type { Stored } from './former.ts'

/**
 * The units that have to go back with one, because they require the version that it leaves: each to the last
 * version that runs with what is there then, of this run or else an earlier one. One that has none stays, and the
 * check says what is missing.
 */
export function cascadeOf(first: GoBack, catalog: Catalog, stored: Pick<Stored, 'of'>): GoBack[] {
  const after = new Map<string, Side>([...catalog.units].map(([name, { running }]) => [name, running]))
  after.set(first.unit, first.edition)
  const found: GoBack[] = []
  const stays = new Set([first.unit])
  for (let isOver = false; !isOver; ) {
    isOver = true
    for (const { name, editions, running } of catalog.units.values()) {
      if (stays.has(name) || unmetBy(after.get(name)!.contract, after).length === 0) continue
      stays.add(name)
      isOver = false
      const formers = [...stored.of(name), ...editions.filter((each) => each !== running)]
      const edition = formers.findLast(
        ({ hash, contract }) => hash !== running.hash && unmetBy(contract, after).length === 0,
      )
      if (!edition) continue
      catalog.requireWhole(edition)
      after.set(name, edition)
      found.push({ unit: name, edition })
    }
  }
  return found
}
