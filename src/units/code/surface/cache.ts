import type { Outline } from './outline.ts'

/** A module's outline is a few kilobytes. */
const MOST_OUTLINES = 4096

/** Outlines by content hash, made when a module is staged. The oldest go first. */
const outlines = new Map<string, Outline>()

/** The same bytes are another module under another type of file. */
const keyOf = (file: string, hash: string): string => `${hash}${file}`

export function keepOutline(file: string, hash: string, outline: Outline): void {
  const key = keyOf(file, hash)
  outlines.delete(key)
  outlines.set(key, outline)
  for (const oldest of outlines.keys()) {
    if (outlines.size <= MOST_OUTLINES) break
    outlines.delete(oldest)
  }
}

export const outlineFor = (file: string, hash: string): Outline | undefined => outlines.get(keyOf(file, hash))
