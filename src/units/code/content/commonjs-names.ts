import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

type Lexer = typeof import('cjs-module-lexer')
let lexer: Lexer | undefined

/** Loaded when it is needed: most starts have no CommonJS to look into. */
function parse(source: string): ReturnType<Lexer['parse']> {
  if (!lexer) {
    lexer = createRequire(import.meta.url)('cjs-module-lexer') as Lexer
    lexer.initSync()
  }
  return lexer.parse(source)
}

/** What every CommonJS module exports; newer Nodes have a second name for it. */
export const OWN_NAMES =
  Number.parseInt(process.versions.node, 10) >= 23 ? ['default', 'module.exports'] : ['default']

/** Names that `import` finds in a CommonJS file. */
export function commonJsNames(file: string): string[] {
  return namesIn(readFileSync(file, 'utf8'), file, new Set())
}

/** Names that Node's own lexer finds in a text. @param seen files on the way here */
export function namesIn(source: string, file: string, seen: Set<string>): string[] {
  if (seen.has(file)) return []
  seen.add(file)
  try {
    const { exports, reexports } = parse(source)
    const more = reexports.flatMap((specifier) => {
      const target = createRequire(file).resolve(specifier)
      return /\.(?:json|node)$/.test(target) || !target.includes('/')
        ? []
        : namesIn(readFileSync(target, 'utf8'), target, seen)
    })
    return [...new Set([...exports, ...more])].filter((name) => !OWN_NAMES.includes(name))
  } catch {
    return []
  }
}
