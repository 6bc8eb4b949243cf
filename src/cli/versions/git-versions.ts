import { realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { TickswapError } from '../../errors.ts'
import { type ReadUnit, UnitReader } from '../../units/code/surface/unit-reader.ts'
import type { StoredVersion, VersionSource } from '../../version/compatibility/source.ts'
import { Version } from '../../version/version.ts'
import { type Commit, commitsOf, repositoryOf } from './git.ts'
import { type KnownVersion, Timeline } from './timeline.ts'
import { type Blobs, CommitTree, DiskTree } from './trees.ts'

const WORKING_TREE = 'working tree'

export const isOnDisk = ({ where }: StoredVersion): boolean => where.startsWith(WORKING_TREE)

/**
 * The versions of a unit that git has: each commit that changed its file, and what is on disk. As when a file
 * is saved, one that keeps its number is the next BUILD of it. Versions that ran, as a store has them, stand among
 * them by their time; a commit of the same content has their number, and no other has one of theirs.
 */
export class GitVersions implements VersionSource {
  readonly file: string
  readonly repository: string | undefined
  readonly #blobs: Blobs = new Map()
  readonly #ran: readonly KnownVersion[]
  #versions: KnownVersion[] | undefined

  /**
   * @param file the unit's
   * @param ran versions that ran, in the order in which they did
   */
  constructor(file: string, ran: readonly KnownVersion[] = []) {
    this.file = file
    this.#ran = ran
    const repository = repositoryOf(dirname(file))
    this.repository = repository && realpathSync(repository)
  }

  async versions(unit: string): Promise<readonly KnownVersion[]> {
    return this.all().filter(({ descriptor }) => descriptor.unit === unit)
  }

  /** Of whatever name: oldest first, what is on disk last. */
  all(): readonly KnownVersion[] {
    this.#versions ??= this.#read()
    return this.#versions
  }

  /** The unit as it is on disk. @throws TickswapError NOT_A_UNIT, SYNTAX or VERSION_INVALID */
  onDisk(): ReadUnit {
    const unit = new UnitReader(new DiskTree()).read(this.file)
    if (unit) return unit
    throw new TickswapError('TICKSWAP_E_NOT_A_UNIT', `${this.file} declares no unit`, { file: this.file })
  }

  #read(): KnownVersion[] {
    const line = new Timeline(this.#ran)
    for (const commit of this.#commits()) {
      const unit = this.#at(commit)
      const where = `git ${commit.hash.slice(0, 7)}`
      const [subject = ''] = commit.message.split('\n', 1)
      if (unit) line.add(unit, { at: commit.at, where, commit: commit.hash, subject })
    }
    const unit = new UnitReader(new DiskTree()).read(this.file)
    line.ranUntil(Number.POSITIVE_INFINITY)
    if (unit) line.add(unit, { at: Date.now(), where: WORKING_TREE })
    return line.versions
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
export function pick(versions: readonly KnownVersion[], text: string): KnownVersion {
  if (text === 'working') return versions.findLast(isOnDisk) ?? versions.at(-1)!
  const wanted = Version.parse(text)
  const exact = versions.find(({ descriptor }) => descriptor.version === wanted.toString())
  const latest = latestBuilds(versions).find(({ descriptor }) =>
    Version.parse(descriptor.version).sameDeclared(wanted),
  )
  const found = NAMES_BUILD.test(text) || wanted.build > 0 ? exact : latest
  if (found) return found
  const known = versions.map(({ descriptor }) => descriptor.version).join(', ') || 'none'
  throw new TickswapError('TICKSWAP_E_NO_SUCH_VERSION', `there is no version ${text}; there are: ${known}`)
}

/** The latest build of every number. */
export function latestBuilds(versions: readonly KnownVersion[]): KnownVersion[] {
  const parsed = versions.map(({ descriptor }) => Version.parse(descriptor.version))
  return versions.filter(
    (_, index) =>
      !parsed.some((other) => other.sameDeclared(parsed[index]!) && other.build > parsed[index]!.build),
  )
}
