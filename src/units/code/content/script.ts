import { extname } from 'node:path'
import { PiecedTopLevel } from '../surface/top-level.ts'
import type { ModuleText } from '../transform/module-text.ts'
import type { Content } from './content.ts'

const TYPED = new Set(['.ts', '.mts', '.cts', '.tsx'])

/** Whether a file is TypeScript. */
export const isTyped = (file: string): boolean => TYPED.has(extname(file))

interface Origin {
  readonly file: string
  /** the text of `file` */
  readonly source: string
  /** characters of helpers that a compiler put in front of the first line */
  readonly lead: number
  readonly settings: string
  readonly selfContained: boolean
}

export function scriptContent(
  text: ModuleText,
  { file, source, lead, settings, selfContained }: Origin,
): Content {
  return {
    ...(selfContained && { selfContained }),
    ...(settings && { settings }),
    kind: 'esm',
    isAsync: text.isAsync,
    isScript: true,
    requests: text.declarations.requests,
    lazy: [...text.dynamicSpecifiers()],
    requires: false,
    outlined: { ...text.outlined(file, source), topLevel: () => new PiecedTopLevel(text.pieces) },
    bindings: text.declarations.imports.values(),
    print(requests, lazy, guarded, live) {
      text.readLive(live)
      const printed = text.print(guarded, guarded.size > 0)
      const columnOffset = printed.columnOffset + lead
      return { ...printed, columnOffset, links: text.links(requests, lazy, guarded) }
    },
  }
}
