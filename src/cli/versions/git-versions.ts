import { realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { nextVersion } from '../../control/check.ts'
import { TickswapError } from '../../errors.ts'
import { type ReadUnit, UnitReader } from '../../units/code/surface/unit-reader.ts'
import type { StoredVersion, VersionSource } from '../../version/compatibility/source.ts'
import { Version } from '../../version/version.ts'
import { type Commit, commitsOf, repositoryOf } from './git.ts'
import { type Blobs, CommitTree, DiskTree } from './trees.ts'

/** A version that git or the working tree has, with the unit as its sources declare it. */
export interface GitVersion extends StoredVersion {
  readonly unit: ReadUnit
}

/**
 * The versions of a unit that git has: each commit that changed its file, and what is on disk. As when a file
 * is saved, one that keeps its number is the next BUILD of it.
 */
export class GitVersions implements VersionSource {
  readonly file: string
  readonly repository: string | undefined
  readonly #blobs: Blobs = new Map()
  #versions: GitVersion[] | undefined

  /** @param file the unit's */
  constructor(file: string) {
    this.file = file
    const repository = repositoryOf(dirname(file))
    this.repository = repository && realpathSync(repository)
  }

  async versions(unit: string): Promise<readonly GitVersion[]> {
    return this.all().filter(({ descriptor }) => descriptor.unit === unit)
  }

  /** Of whatever name: oldest first, what is on disk last. */
  all(): readonly GitVersion[] {
    this.#versions ??= this.#read()
    return this.#versions
  }

  /** The unit as it is on disk. @throws TickswapError NOT_A_UNIT, SYNTAX or VERSION_INVALID */
  onDisk(): ReadUnit {
    const unit = new UnitReader(new DiskTree()).read(this.file)
    if (unit) return unit
    throw new TickswapError('TICKSWAP_E_NOT_A_UNIT', `${this.file} declares no unit`, { file: this.file })
  }

  #read(): GitVersion[] {
    const found: GitVersion[] = []
    const used: Version[] = []
    const add = (unit: ReadUnit, more: Omit<GitVersion, 'descriptor' | 'bytes' | 'unit'>) => {
      if (found.at(-1)?.descriptor.hash === unit.descriptor.hash) return
      const version = nextVersion(Version.parse(unit.descriptor.version), used)
      used.push(version)
      const descriptor = { ...unit.descriptor, version: version.toString() }
      found.push({ descriptor, unit, bytes: unit.bytes, ...more })
    }
    for (const commit of this.#commits()) {
      const unit = this.#at(commit)
      const where = `git ${commit.hash.slice(0, 7)}`
      const [subject = ''] = commit.message.split('\n', 1)
      if (unit) add(unit, { at: commit.at, where, commit: commit.hash, subject })
    }
    const unit = new UnitReader(new DiskTree()).read(this.file)
    if (unit) add(unit, { at: Date.now(), where: 'working tree' })
    return found
  }

  #commits(): Commit[] {
    return this.repository ? commitsOf(this.repository, relative(this.repository, this.file)) : []
  }

  /** Nothing where the commit's sources do not parse, or hold no unit. */
  #at({ hash, path }: Commit): ReadUnit | undefined {
    const tree = new CommitTree(this.repository!, hash, this.#blobs)
    try {
      return new UnitReader(tree).read(join(this.repository!, path || relative(this.repository!, this.file)))
    } catch (error) {
      if (error instanceof TickswapError) return undefined
      throw error
    }
  }
}

/** `1.4.0.0` is the first build, `1.4.0` the latest. */
const NAMES_BUILD = /^\s*v?\d+\.\d+\.\d+\.\d/

/** The version that a text names: itself, or its latest build. @throws TickswapError NO_SUCH_VERSION or VERSION_INVALID */
export function pick(versions: readonly GitVersion[], text: string): GitVersion {
  const named = text === 'working' ? versions.findLast(({ commit }) => commit === undefined) : undefined
  if (text === 'working') return named ?? versions.at(-1)!
  const wanted = Version.parse(text)
  const exact = versions.find(({ descriptor }) => descriptor.version === wanted.toString())
  const sameNumber = versions.filter(({ descriptor }) =>
    Version.parse(descriptor.version).sameDeclared(wanted),
  )
  const found = NAMES_BUILD.test(text) || wanted.build > 0 ? exact : sameNumber.at(-1)
  if (found) return found
  const known = versions.map(({ descriptor }) => descriptor.version).join(', ') || 'none'
  throw new TickswapError('TICKSWAP_E_NO_SUCH_VERSION', `there is no version ${text}; there are: ${known}`)
}

/** The latest build of every number. */
export function latestBuilds(versions: readonly GitVersion[]): GitVersion[] {
  return versions.filter(({ descriptor: { version } }, index) => {
    const own = Version.parse(version)
    return !versions
      .slice(index + 1)
      .some((later) => Version.parse(later.descriptor.version).sameDeclared(own))
  })
}
