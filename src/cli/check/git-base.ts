import { execFileSync } from 'node:child_process'
import { basename, dirname } from 'node:path'

const MAX_FILE_BYTES = 64 * 2 ** 20

/** A file as a revision has it: its bytes, or that it was not there yet. */
export type Committed = { readonly bytes: Uint8Array } | 'absent'

/** Reads a file of a revision. @returns undefined where there is no git, no repository or no such revision */
export function committed(file: string, revision: string): Committed | undefined {
  const commit = git(file, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`])
  if (!commit) return undefined
  // With the conversions of a checkout: line ends are as they are on disk.
  const bytes = git(file, ['cat-file', '--filters', `${commit.toString().trim()}:./${basename(file)}`])
  return bytes ? { bytes } : 'absent'
}

function git(file: string, args: readonly string[]): Buffer | undefined {
  try {
    return execFileSync('git', ['-C', dirname(file), ...args], {
      maxBuffer: MAX_FILE_BYTES,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    return undefined
  }
}
