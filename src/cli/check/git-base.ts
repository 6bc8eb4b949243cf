import { basename, dirname } from 'node:path'
import { git } from '../versions/git.ts'

/** A file as a revision has it: its bytes, or that it was not there yet. */
export type Committed = { readonly bytes: Uint8Array } | 'absent'

/** Reads a file of a revision. @returns undefined where there is no git, no repository or no such revision */
export function committed(file: string, revision: string): Committed | undefined {
  const folder = dirname(file)
  const commit = git(folder, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`])
  if (!commit) return undefined
  // With the conversions of a checkout: line ends are as they are on disk.
  const bytes = git(folder, ['cat-file', '--filters', `${commit.toString().trim()}:./${basename(file)}`])
  return bytes ? { bytes } : 'absent'
}
