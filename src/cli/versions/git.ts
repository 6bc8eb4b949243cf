import { execFileSync } from 'node:child_process'

const MOST_BYTES = 64 * 2 ** 20

/** What a git command prints; undefined where it fails, or there is no git. */
export function git(folder: string, args: readonly string[]): Buffer | undefined {
  try {
    return execFileSync('git', ['-C', folder, ...args], {
      maxBuffer: MOST_BYTES,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    return undefined
  }
}

/** The folder of the repository around a folder; undefined outside of any. */
export function repositoryOf(folder: string): string | undefined {
  return git(folder, ['rev-parse', '--show-toplevel'])
    ?.toString()
    .replace(/\r?\n$/, '')
}

export interface Commit {
  readonly hash: string
  /** epoch milliseconds */
  readonly at: number
  readonly message: string
  /** of the file that was asked for, at that commit, relative to the repository; empty where several were */
  readonly path: string
}

/** A message may hold any character, also those that part the records. */
const IS_HASH = /^[0-9a-f]{40,64}$/

const FORMAT = '--format=%x01%H%x00%ct%x00%B%x00'

/** The commits that changed a file, under its former names too; oldest first. */
export const commitsOf = (repository: string, path: string): Commit[] =>
  log(repository, ['--follow', '--name-only', '--', path])

/** The commits after one that changed any of some files; newest first. */
export const commitsSince = (repository: string, commit: string, paths: readonly string[]): Commit[] =>
  log(repository, [`${commit}..HEAD`, '--', ...paths]).reverse()

function log(repository: string, args: readonly string[]): Commit[] {
  const out = git(repository, ['-c', 'core.quotePath=false', 'log', FORMAT, ...args])
  return (out?.toString() ?? '')
    .split('\x01')
    .slice(1)
    .map((record) => {
      const [hash = '', seconds = '', message = '', rest = ''] = record.split('\0')
      return { hash, at: Number(seconds) * 1000, message: message.trim(), path: rest.trim() }
    })
    .filter(({ hash }) => IS_HASH.test(hash))
    .reverse()
}
