import { type Outline, type Outlined, outline } from './outline.ts'

/** Versions of one file, each a few kilobytes: as many as there are editions of a unit to go back to. */
const MOST_VERSIONS = 64
/** What waits holds the text of a module. */
const MOST_WAITING = 32

/** Outlines by file and content hash. The oldest of a file go first. */
const outlines = new Map<string, Map<string, Outline>>()

interface Waiting {
  readonly hash: string
  readonly outlined: Outlined
}

/** Modules whose outline nobody has needed yet: an edit is not kept waiting for it. */
const waiting = new Set<Waiting>()

/** Takes what an outline is made of; it is made when it is asked for, or when the thread has nothing else to do. */
export function keepOutline(hash: string, outlined: Outlined): void {
  // One that keeps nothing alive would not be carried out before the next message has been taken.
  if (waiting.size === 0) setImmediate(settleAll)
  waiting.add({ hash, outlined })
  const [oldest] = waiting
  if (waiting.size > MOST_WAITING) settle(oldest!)
}

export function outlineFor(file: string, hash: string): Outline | undefined {
  for (const each of waiting) if (each.hash === hash && each.outlined.file === file) settle(each)
  return outlines.get(file)?.get(hash)
}

function settle(each: Waiting): void {
  waiting.delete(each)
  const { hash, outlined } = each
  const versions = outlines.get(outlined.file) ?? new Map<string, Outline>()
  outlines.set(outlined.file, versions)
  versions.delete(hash)
  versions.set(hash, outline(outlined))
  const [oldest] = versions.keys()
  if (versions.size > MOST_VERSIONS) versions.delete(oldest!)
}

function settleAll(): void {
  for (const each of waiting) settle(each)
}
