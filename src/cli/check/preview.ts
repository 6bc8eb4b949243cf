import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { exportsUnit, moduleFilesIn, unitFilesIn } from '../../control/folder.ts'
import { type Finding, finding } from '../../errors.ts'
import type { Artifact, GraphUpdate } from '../../units/code/artifact.ts'
import type { Graph } from '../../units/code/graph.ts'
import { planUpdate } from '../../units/code/plan.ts'
import { StageError } from '../../units/code/stage-error.ts'
import { Stager } from '../../units/code/stager.ts'
import { keepOutline } from '../../units/code/surface/cache.ts'
import type { RuleBook } from '../../version/compatibility/rules.ts'
import { DiskTree } from '../versions/trees.ts'
import { type Committed, committed } from './git-base.ts'
import { importersOf } from './importers.ts'
import { judgeUnits, type UnitVerdict } from './judge.ts'
import { topFor } from './units-folder.ts'

/** A module that is evaluated anew, and why. */
export interface Evaluation {
  readonly file: string
  readonly why: 'changed' | 'added' | 'uses'
  /** only `import()` reaches it: it is evaluated where it runs already */
  readonly lazy?: true
}

/** What saving files would do. Paths are absolute. */
export interface Preview {
  readonly outcome: 'swap' | 'unchanged' | 'refused'
  /** the units and what they import were looked at as of this folder */
  readonly folder: string
  /** the revision that the files were compared with; `none`: they are taken as changed, as they are */
  readonly base: string
  readonly files: readonly string[]
  readonly evaluate: readonly Evaluation[]
  readonly rebind: readonly string[]
  readonly removed: readonly string[]
  /** files of the units that get a new version */
  readonly units: readonly string[]
  /** what that means, as far as the sources tell */
  readonly verdicts: readonly UnitVerdict[]
  /** for each file that no unit leads to: itself, its importer, and so on */
  readonly importers: readonly (readonly string[])[]
  readonly findings: readonly Finding[]
}

export interface Question {
  readonly folder: string
  readonly files: readonly string[]
  /** git revision to compare with; none: take the files as changed */
  readonly revision: string | undefined
  /** decisions about certain transitions */
  readonly rules: RuleBook
}

/** Works out what saving `files` would do to an engine that runs what they were. Runs none of their code. */
export async function preview(question: Question): Promise<Preview> {
  const { files, revision } = question
  const before = new Map<string, Committed>()
  for (const file of files) {
    const was = revision === undefined ? undefined : committed(file, revision)
    if (was && differs(file, was)) before.set(file, was)
  }
  const work = new Work(question, before)
  try {
    if (before.size > 0 && (await work.boot())) return await work.compare()
    return await work.takeAsChanged()
  } catch (error) {
    if (!(error instanceof StageError)) throw error
    return work.refused(error.findings)
  }
}

function differs(file: string, was: Committed): boolean {
  if (was === 'absent' || !existsSync(file)) return true
  return !readFileSync(file).equals(was.bytes)
}

/** Contents are only compared with each other here: any good hash does, and no addon is needed. */
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16)

const NOTHING = { evaluate: [], rebind: [], removed: [], units: [], verdicts: [], importers: [] } as const

class Work {
  readonly #question: Question
  readonly #before: ReadonlyMap<string, Committed>
  /** what the files were, until the edit is staged */
  readonly #contents = new Map<string, Uint8Array>()
  readonly #stager: Stager
  #base: string

  constructor(question: Question, before: ReadonlyMap<string, Committed>) {
    this.#question = question
    this.#before = before
    this.#base = question.revision ?? 'none'
    for (const [file, was] of before) if (was !== 'absent') this.#contents.set(file, was.bytes)
    this.#stager = new Stager({
      root: question.folder,
      hash,
      codeCache: false,
      outlined: keepOutline,
      contents: this.#contents,
    })
  }

  /** Stages the folder as it was. @returns false when that does not load: then it is no base */
  async boot(): Promise<boolean> {
    const units = new Set(await unitFilesIn(this.#question.folder))
    for (const [file, was] of this.#before) {
      if (was !== 'absent' && exportsUnit(Buffer.from(was.bytes).toString())) units.add(file)
      else units.delete(file)
    }
    try {
      this.#stager.accept(await this.#stager.boot([...units].sort()))
      return true
    } catch (error) {
      if (error instanceof StageError) return false
      throw error
    }
  }

  /** Stages the edit against what was booted. @throws StageError */
  async compare(): Promise<Preview> {
    const { folder, files } = this.#question
    const base = this.#stager.graph
    const lost = [...this.#before.keys()].flatMap((file) => lostFile(file, base))
    if (lost.length > 0) return this.refused(lost)
    this.#contents.clear()
    const entries = (await unitFilesIn(folder)).filter((file) => !base.modules.has(file))
    const stage = await this.#stager.stage({ files, entries })
    this.#stager.accept(stage)
    return this.#result(base, stage.update, stage.units, stage.warnings)
  }

  /** Stages the folder as it is, and plans as if the files had changed in what they do. @throws StageError */
  async takeAsChanged(): Promise<Preview> {
    const { folder, files } = this.#question
    this.#base = 'none'
    this.#contents.clear()
    const gone = files.filter((file) => !existsSync(file))
    const lost = gone.flatMap((file) => goneFile(file, this.#before.get(file)))
    if (lost.length > 0) return this.refused(lost)
    const stage = await this.#stager.boot(await unitFilesIn(folder))
    this.#stager.accept(stage)
    const { graph } = this.#stager
    const changed = [...graph.modules.values()].filter(({ file }) => files.includes(file))
    const update = { ...planUpdate(graph, graph, changed), removed: gone }
    const holds = (unit: string) => changed.some(({ id }) => graph.closureOf(unit).includes(id))
    return this.#result(graph, update, this.#stager.unitFiles().filter(holds), stage.warnings)
  }

  refused(findings: readonly Finding[]): Preview {
    return { outcome: 'refused', ...this.#common(), ...NOTHING, findings }
  }

  #common() {
    const { folder, files } = this.#question
    return { folder, base: this.#base, files }
  }

  async #result(
    base: Graph,
    update: GraphUpdate,
    moved: readonly string[],
    warnings: readonly Finding[],
  ): Promise<Preview> {
    const next = this.#stager.graph
    const isKnown = (file: string) =>
      update.removed.includes(file) || reaches(base, file) || reaches(next, file)
    const unreached = this.#question.files.filter((file) => !isKnown(file))
    const importers = await Promise.all(unreached.map((file) => this.#importersOf(file)))
    const units = [...new Set([...moved, ...update.evaluate.filter((id) => next.modules.get(id)!.isUnit)])]
    const verdicts = await this.#verdicts(units)
    const findings = [
      ...warnings,
      ...verdicts.flatMap((verdict) => verdict.findings),
      ...importers.map(noUnitAbove),
      ...update.evaluate.flatMap((id) => noLongerUnit(id, base, next)),
      ...update.evaluate.flatMap((id) => awaiting(next.modules.get(id)!)),
    ]
    const isNone = update.evaluate.length + update.artifacts.length + update.removed.length === 0
    const isRefused = findings.some(({ severity }) => severity === 'error')
    return {
      outcome: isRefused ? 'refused' : isNone ? 'unchanged' : 'swap',
      ...this.#common(),
      evaluate: update.evaluate.map((id) => evaluation(id, base, update)),
      rebind: update.rebind,
      removed: update.removed,
      units,
      verdicts,
      importers,
      findings,
    }
  }

  async #verdicts(moved: readonly string[]): Promise<UnitVerdict[]> {
    const { folder, rules } = this.#question
    const before = new Map(
      [...this.#before].map(([file, was]) => [file, was === 'absent' ? undefined : was.bytes]),
    )
    const sources = { before: new DiskTree(before), after: new DiskTree(), units: await unitFilesIn(folder) }
    const judged = judgeUnits(moved, sources, rules)
    // Of files that count as changed nobody knows what from, only whether they can run.
    return this.#base === 'none' ? judged.filter(({ verdict }) => verdict === 'incompatible') : judged
  }

  async #importersOf(file: string): Promise<string[]> {
    const stager = new Stager({ root: this.#question.folder, hash, codeCache: false, outlined: keepOutline })
    return importersOf(file, await moduleFilesIn(topFor(file)), stager)
  }
}

const reaches = (graph: Graph, file: string): boolean =>
  ['', '?raw', '?bytes'].some((query) => graph.modules.has(file + query))

function evaluation(id: string, base: Graph, { artifacts, lazy }: GraphUpdate): Evaluation {
  const changed = artifacts.some((artifact) => artifact.id === id)
  const why = !base.modules.has(id) ? 'added' : changed ? 'changed' : 'uses'
  return { file: id, why, ...(lazy.includes(id) && { lazy: true }) }
}

/** A file that is gone, by what it was: a unit must not go, and what never was cannot. */
function goneFile(file: string, was: Committed | undefined): Finding[] {
  if (!was || was === 'absent') return [finding('TICKSWAP_E_FILE_MISSING', 'there is no such file', { file })]
  if (!exportsUnit(Buffer.from(was.bytes).toString())) return []
  return [finding('TICKSWAP_E_UNIT_REMOVED', 'the file of a unit is gone', { file })]
}

/** What the runtime refuses before it stages: a unit's file that is gone, a file that is empty. */
function lostFile(file: string, base: Graph): Finding[] {
  if (!reaches(base, file)) return []
  if (!existsSync(file)) {
    if (!base.modules.get(file)?.isUnit) return []
    return [finding('TICKSWAP_E_UNIT_REMOVED', 'the file of a unit is gone', { file })]
  }
  if (readFileSync(file).length > 0) return []
  return [finding('TICKSWAP_E_FILE_EMPTY', 'the file is empty', { file })]
}

function noLongerUnit(id: string, base: Graph, next: Graph): Finding[] {
  if (!base.modules.get(id)?.isUnit || next.modules.get(id)?.isUnit) return []
  return [finding('TICKSWAP_E_NOT_A_UNIT', 'the file exports no unit any more', { file: id })]
}

/** Awaits at the top level are for participants that return to the event loop. */
function awaiting({ file, async }: Artifact): Finding[] {
  if (!async) return []
  const message = 'the module awaits at its top level: participants that never yield would refuse it'
  return [finding('TICKSWAP_E_TOP_LEVEL_AWAIT', message, { file, severity: 'warning' })]
}

function noUnitAbove(path: readonly string[]): Finding {
  const [file, ...above] = path
  const how =
    above.length > 0 ? `no unit is above it, only ${above.join(', imported by ')}` : 'nothing imports it'
  return finding('TICKSWAP_E_NO_UNIT_ABOVE', how, { file: file! })
}
