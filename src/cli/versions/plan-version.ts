import { dirname, join, relative } from 'node:path'
import { nextVersion } from '../../control/check.ts'
import { TickswapError } from '../../errors.ts'
import type { ReadUnit } from '../../units/code/surface/unit-reader.ts'
import { type Level, largest } from '../../version/compatibility/change.ts'
import { levelFor } from '../../version/compatibility/promise.ts'
import { compareVersions, type Transition } from '../../version/compatibility/transition.ts'
import { type ConventionalCommit, levelOfCommit, parseCommit } from '../../version/conventional.ts'
import { Version } from '../../version/version.ts'
import { commitsSince, git } from './git.ts'
import type { GitVersions } from './git-versions.ts'
import { versionAfter } from './step.ts'
import type { KnownVersion } from './timeline.ts'

export const STEPS = ['major', 'minor', 'patch', 'build', 'auto'] as const
export type Step = (typeof STEPS)[number]

/** The next version of a unit, and why it is that one. */
export interface VersionPlan {
  readonly current: ReadUnit
  readonly from: Version
  readonly to: Version
  /** `none`: nothing has changed */
  readonly level: Level
  /** newest first */
  readonly commits: readonly (ConventionalCommit & { readonly hash: string; readonly level: Level })[]
  /** what the sources say about the way from the last version; absent without git */
  readonly transition: Transition | undefined
}

/** @throws TickswapError NO_HISTORY or GIT_DIRTY */
export function planVersion(source: GitVersions, step: Step, allowDirty: boolean): VersionPlan {
  const current = source.onDisk()
  if (!allowDirty) refuseDirty(source, current)
  const from = Version.parse(current.descriptor.version)
  const base = baseOf(source.all(), from)
  if (step === 'auto' && !base) throw noHistory(source, from)
  const commits = base ? commitsAfter(source, base, current) : []
  const asked = base ? compareVersions(base.descriptor, current.descriptor).level : 'none'
  const level =
    step === 'auto' ? levelFor(from, largest([...commits.map((each) => each.level), asked])) : step
  const to = target(from, level, source)
  // Once more with the number that it gets: migrations and promises go by it.
  const next = { ...current.descriptor, version: to.toString() }
  return { current, from, to, level, commits, transition: base && compareVersions(base.descriptor, next) }
}

function target(from: Version, level: Level, source: GitVersions): Version {
  if (level === 'none') return from
  if (level !== 'build') return versionAfter(from, level)
  const used = source.all().filter(({ commit }) => commit !== undefined)
  return nextVersion(from, [from, ...used.map(({ descriptor }) => Version.parse(descriptor.version))])
}

/** The commit that brought the number that the file declares now. */
function baseOf(versions: readonly KnownVersion[], declared: Version): KnownVersion | undefined {
  const committed = versions.filter(({ commit }) => commit !== undefined)
  const isOther = ({ unit }: KnownVersion) => !Version.parse(unit.descriptor.version).sameDeclared(declared)
  return committed.slice(committed.findLastIndex(isOther) + 1)[0]
}

function commitsAfter(source: GitVersions, base: KnownVersion, { files }: ReadUnit): VersionPlan['commits'] {
  const repository = source.repository!
  const paths = [...new Set([...files, ...base.unit.files])].map((file) => relative(repository, file))
  return commitsSince(repository, base.commit!, paths).map(({ hash, message }) => {
    const commit = parseCommit(message)
    return { ...commit, hash, level: levelOfCommit(commit) }
  })
}

function refuseDirty({ repository }: GitVersions, { files }: ReadUnit): void {
  if (!repository) return
  const paths = files.map((file) => relative(repository, file))
  const status = git(repository, ['status', '--porcelain', '--', ...paths])?.toString() ?? ''
  if (status.trim() === '') return
  const names = status
    .trimEnd()
    .split('\n')
    .map((entry) => entry.slice(3))
  const what = `there are changes that are not committed: ${names.join(', ')}`
  throw new TickswapError('TICKSWAP_E_GIT_DIRTY', what, { file: join(repository, names[0]!) })
}

function noHistory({ repository, file }: GitVersions, from: Version): TickswapError {
  const why = repository
    ? `git has no commit in which it declares ${from}`
    : `${dirname(file)} is in no git repository`
  return new TickswapError('TICKSWAP_E_NO_HISTORY', `auto cannot tell what has changed: ${why}`, { file })
}

/** Beside the unit's file. */
export const changelogOf = (file: string, unit: string): string => join(dirname(file), `CHANGELOG.${unit}.md`)
