import { fileURLToPath } from 'node:url'
import type { Place } from '../../errors.ts'

/** `at f (/path/file.ts:12:7)` and `/path/file.ts:12` above a syntax error's caret. */
const FRAME = /(?:\(|at |^)(?:async )?((?:file:\/\/)?[^\s()][^()\n]*?):(\d+)(?::(\d+))?\)?\s*$/gm

interface Frame {
  file: string
  line: number
  column: number
}

/** The stack frames of an error that lie in files, innermost first. */
function framesOf(error: unknown): Frame[] {
  const stack = error instanceof Error ? error.stack : undefined
  if (!stack) return []
  return Array.from(stack.matchAll(FRAME), ([, file, line, column]) => ({
    file: file!.startsWith('file://') ? fileURLToPath(file!) : file!,
    line: Number(line),
    column: Number(column ?? 1),
  }))
}

/** Where an error was thrown: its innermost frame in one of `files`. */
export function placeOf(error: unknown, files: Iterable<string>): Place | undefined {
  const wanted = new Set(files)
  return framesOf(error).find((frame) => wanted.has(frame.file))
}
