import { type Outline, type Outlined, outline } from './outline.ts'

/** A module's outline is a few kilobytes. */
const MOST_OUTLINES = 4096
/** What waits holds whole syntax trees. */
const MOST_WAITING = 32

/** Outlines by content hash. The oldest go first. */
const outlines = new Map<string, Outline>()
/** modules whose outline nobody has needed yet: an edit is not kept waiting for it */
const waiting = new Map<string, Outlined>()

/** The same bytes are another module under another type of file. */
const keyOf = (file: string, hash: string): string => `${hash}${file}`

/** Takes what an outline is made of; it is made when it is asked for, or when the thread has nothing else to do. */
export function keepOutline(file: string, hash: string, outlined: Outlined): void {
  if (waiting.size === 0) setImmediate(settleAll).unref()
  waiting.set(keyOf(file, hash), outlined)
  if (waiting.size > MOST_WAITING) settle(waiting.keys().next().value!)
}

export function outlineFor(file: string, hash: string): Outline | undefined {
  const key = keyOf(file, hash)
  settle(key)
  return outlines.get(key)
}

function settle(key: string): void {
  const outlined = waiting.get(key)
  if (!outlined) return
  waiting.delete(key)
  outlines.delete(key)
  outlines.set(key, outline(outlined))
  for (const oldest of outlines.keys()) {
    if (outlines.size <= MOST_OUTLINES) break
    outlines.delete(oldest)
  }
}

function settleAll(): void {
  for (const key of waiting.keys()) settle(key)
}
