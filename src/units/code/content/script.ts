import type { ModuleText } from '../transform/module-text.ts'
import type { Content } from './content.ts'

/** @param lead characters of helpers that a compiler put in front of the first line */
export function scriptContent(text: ModuleText, lead: number, selfContained = false): Content {
  return {
    ...(selfContained && { selfContained }),
    kind: 'esm',
    isAsync: text.isAsync,
    isScript: true,
    requests: text.declarations.requests,
    lazy: [...text.dynamicSpecifiers()],
    requires: false,
    print(requests, lazy, guarded) {
      const printed = text.print(guarded, guarded.size > 0)
      const columnOffset = printed.columnOffset + lead
      return { ...printed, columnOffset, links: text.links(requests, lazy, guarded) }
    },
  }
}
