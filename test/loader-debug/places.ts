import { pathToFileURL } from 'node:url'

/** A place in a file; line and column from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** The places that a source marks: `/*!name* /` stands right before the token that a stack names. */
export function marks(file: string, source: string): Record<string, Place> {
  const found: Record<string, Place> = {}
  for (const [index, text] of source.split(/\r\n|[\n\r]/).entries())
    for (const mark of text.matchAll(/\/\*!(\w+)\*\//g))
      found[mark[1]!] = { file, line: index + 1, column: mark.index + mark[0].length + 1 }
  return found
}

/** The frames of a stack that lie in the files, innermost first. */
export function frames(stack: string, files: readonly string[]): Place[] {
  const urls = new Map(files.map((file) => [pathToFileURL(file).href, file]))
  return [...stack.matchAll(/(file:\/\/\S+?):(\d+):(\d+)/g)].flatMap(([, url, line, column]) => {
    const file = urls.get(url!)
    return file ? [{ file, line: Number(line), column: Number(column) }] : []
  })
}
