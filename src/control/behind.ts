import type { SwapReport } from '../swap/report.ts'
import type { Ask } from './ask.ts'
import type { Catalog } from './catalog.ts'

/** Files that hold other content than what runs: they are read again with the next edit of their units. */
export class Behind {
  readonly #catalog: Catalog
  readonly #units = new Map<string, ReadonlySet<string>>()

  constructor(catalog: Catalog) {
    this.#catalog = catalog
  }

  add(files: readonly string[], { units }: SwapReport): void {
    const names = new Set(units.map(({ unit }) => unit))
    for (const file of files) this.#units.set(file, names)
  }

  addFor(unit: string, files: readonly string[]): void {
    for (const file of files) this.#units.set(file, new Set([unit]))
  }

  delete(file: string): void {
    this.#units.delete(file)
  }

  /** Files of the units that a report moved. */
  filesOf({ units }: SwapReport): string[] {
    const files = units.map(({ unit }) => this.#catalog.units.get(unit)?.running.contract.file)
    return files.flatMap((file) => (file ? this.#catalog.closure(file) : [])).map(({ file }) => file)
  }

  /** Files that fell behind together with units that an edit touches. */
  with({ files, edition }: Ask): string[] {
    if (edition || this.#units.size === 0) return []
    const touched = [...this.#catalog.units.values()].filter(({ running }) =>
      this.#catalog.closure(running.contract.file).some(({ file }) => files.includes(file)),
    )
    const names = new Set(touched.map(({ name }) => name))
    for (const file of files) for (const unit of this.#units.get(file) ?? []) names.add(unit)
    return [...this.#units]
      .filter(([, units]) => [...units].some((unit) => names.has(unit)))
      .map(([file]) => file)
  }
}
