/**
 * Names that are never somebody's source: what editors leave beside a file while they save it, hidden
 * entries (version control, Kubernetes' `..data`, this project's own store) and installed packages.
 */
const EDITOR_LEFTOVER = /~$|\.sw[a-z]$|\.(?:tmp|bak|orig|part|crswap)$|^#.*#$|^4913$|___jb_(?:tmp|old)___$/

/** Applies to one entry's name, not to a path; what lies above a watched folder never matters. */
export function isIgnoredName(name: string): boolean {
  return name === 'node_modules' || name.startsWith('.') || EDITOR_LEFTOVER.test(name)
}
