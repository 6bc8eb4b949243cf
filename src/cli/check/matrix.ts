import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { unitFilesIn } from '../../control/folder.ts'
import { TickswapError } from '../../errors.ts'
import { UnitReader } from '../../units/code/surface/unit-reader.ts'
import type { UnitDescriptor } from '../../version/compatibility/descriptor.ts'
import { type Matrix, matrixOf } from '../../version/compatibility/matrix.ts'
import { RuleBook } from '../../version/compatibility/rules.ts'
import { readRulesFile } from '../../version/compatibility/rules-file.ts'
import { type Format, layOut, print } from '../format.ts'
import { findUnit } from '../versions/find-unit.ts'
import { latestBuilds } from '../versions/git-versions.ts'
import { knownVersions } from '../versions/known-versions.ts'
import { DiskTree } from '../versions/trees.ts'
import { givenFolder, nearestFolder } from './units-folder.ts'

export interface MatrixOptions {
  readonly units: string | undefined
  readonly rules: string | undefined
  /** folder of a store that has versions too */
  readonly store: string | undefined
  /** every build, and not only the latest of a number */
  readonly builds: boolean
  readonly format: Format
}

/** Prints which version of a unit may follow which. @throws TickswapError */
export async function printMatrix(
  name: string,
  { units, rules, store, builds, format }: MatrixOptions,
): Promise<void> {
  const file = await findUnit(name, units)
  const source = await knownVersions(file, store)
  const { unit } = source.onDisk().descriptor
  const known = await source.versions(unit)
  const stored = (builds ? known : latestBuilds(known)).map(({ descriptor }) => descriptor)
  const folder = units === undefined ? await nearestFolder(file) : givenFolder(units)
  const others = await unitsIn(folder, unit)
  const matrix = matrixOf(stored, others, { rules: rulesOf(rules) })
  if (format === 'table') console.log(show(matrix))
  else print(matrix, format)
}

/** The other units of a folder, as far as they can be read. */
export async function unitsIn(folder: string, except: string): Promise<UnitDescriptor[]> {
  const reader = new UnitReader(new DiskTree())
  const found: UnitDescriptor[] = []
  for (const file of await unitFilesIn(folder)) {
    const unit = readIfPossible(reader, file)
    if (unit && unit.unit !== except) found.push(unit)
  }
  return found
}

function readIfPossible(reader: UnitReader, file: string): UnitDescriptor | undefined {
  try {
    return reader.read(file)?.descriptor
  } catch (error) {
    if (error instanceof TickswapError) return undefined
    throw error
  }
}

/** @throws TickswapError USAGE or RULES_INVALID */
export function rulesOf(path: string | undefined): RuleBook {
  if (path === undefined) return new RuleBook([])
  const file = resolve(path)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new TickswapError('TICKSWAP_E_USAGE', `--rules: ${why}`, {}, { cause })
  }
  return new RuleBook(readRulesFile(text, file))
}

function show({ unit, versions, cells }: Matrix): string {
  const rows = versions.map((from) => [
    from,
    ...cells.filter((cell) => cell.from === from).map(({ verdict }) => verdict),
  ])
  const title = `${unit}: may the version of a column follow that of a row?`
  return `${title}\n\n${layOut(rows, ['from \\ to', ...versions])}${reasons(cells)}`
}

/** Why the refused ones are. */
function reasons(cells: Matrix['cells']): string {
  const lines = cells.flatMap(({ from, to, findings }) =>
    findings
      .filter(({ severity }) => severity === 'error')
      .map(({ code, message }) => `${from} -> ${to}: ${code}: ${message}`),
  )
  return lines.length > 0 ? `\n\n${lines.join('\n')}` : ''
}
