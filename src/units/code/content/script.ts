import type { ModuleText } from '../transform/module-text.ts'
import { parseStatements } from '../transform/parse.ts'
import type { Content } from './content.ts'

interface Origin {
  readonly file: string
  /** the text of `file` */
  readonly source: string
  /** characters of helpers that a compiler put in front of the first line */
  readonly lead: number
  readonly selfContained: boolean
}

export function scriptContent(text: ModuleText, { file, source, lead, selfContained }: Origin): Content {
  return {
    ...(selfContained && { selfContained }),
    kind: 'esm',
    isAsync: text.isAsync,
    isScript: true,
    requests: text.declarations.requests,
    lazy: [...text.dynamicSpecifiers()],
    requires: false,
    outlined: { ...text.outlined(file, source), statements: () => parseStatements(text.text) },
    bindings: text.declarations.imports.values(),
    print(requests, lazy, guarded, live) {
      text.readLive(live)
      const printed = text.print(guarded, guarded.size > 0)
      const columnOffset = printed.columnOffset + lead
      return { ...printed, columnOffset, links: text.links(requests, lazy, guarded) }
    },
  }
}
