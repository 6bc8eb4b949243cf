import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { initSync, parse } from 'cjs-module-lexer'
import { type Content, plainLinks } from './content.ts'

initSync()

const REQUIRE = /\brequire\s*\(\s*(['"])([^'"\n]+)\1\s*\)/g
/** What every CommonJS module exports; newer Nodes have a second name for it. */
const OWN_NAMES =
  Number.parseInt(process.versions.node, 10) >= 23 ? ['default', 'module.exports'] : ['default']

const WRAPPER = '(function(exports,require,module,__filename,__dirname){'

/** A CommonJS module; its exports are the names that Node's own lexer finds. */
export function commonJsContent(file: string, source: string): Content {
  const lazy = [...new Set([...source.matchAll(REQUIRE)].map((match) => match[2]!))]
  return {
    kind: 'cjs',
    isAsync: false,
    isScript: true,
    requests: [],
    lazy,
    requires: true,
    print: (_, requests) => ({
      code: `${WRAPPER}${source.startsWith('#!') ? `//${source.slice(2)}` : source}\n})`,
      columnOffset: WRAPPER.length,
      links: plainLinks([...OWN_NAMES, ...namesIn(source, file, new Set())], { lazy: requests }),
    }),
  }
}

/** Names that `import` finds in a CommonJS file. */
export function commonJsNames(file: string): string[] {
  return namesIn(readFileSync(file, 'utf8'), file, new Set())
}

function namesIn(source: string, file: string, seen: Set<string>): string[] {
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
