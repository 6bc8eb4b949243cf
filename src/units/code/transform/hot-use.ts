/** One mention of `import.meta.hot`, and what it accepts. */
export interface HotMention {
  readonly self: boolean
  readonly specifiers: readonly string[]
}

const ACCEPT = /^\s*\??\.\s*hot\s*[?!]?\.\s*accept\s*(?:\?\.\s*)?\(\s*/
const STRING = /(['"`])((?:(?!\1)[^\\])*)\1/g

/** @param text what follows `import.meta`. @returns undefined when it is not about `hot` */
export function hotCall(text: string): HotMention | undefined {
  if (!/^\s*\??\.\s*hot\b/.test(text)) return undefined
  const call = ACCEPT.exec(text)
  if (!call) return { self: false, specifiers: [] }
  const rest = text.slice(call[0].length)
  if (!/^['"`[]/.test(rest)) return { self: true, specifiers: [] }
  const list = rest.startsWith('[')
    ? rest.slice(0, rest.indexOf(']'))
    : (/^(['"`])[^'"`]*\1/.exec(rest)?.[0] ?? '')
  return { self: false, specifiers: [...list.matchAll(STRING)].map((match) => match[2]!) }
}
