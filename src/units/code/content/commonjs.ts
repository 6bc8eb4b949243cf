import { FreshNames } from '../transform/names.ts'
import { forEachChild, type Node } from '../transform/nodes.ts'
import { acorn } from '../transform/parsers.ts'
import { namesIn, OWN_NAMES } from './commonjs-names.ts'
import { type Content, plainLinks } from './content.ts'

const REQUIRE = /\brequire\s*\(\s*(['"])([^'"\n]+)\1\s*\)/g
const WRAPPER = '(function(exports,require,module,__filename,__dirname'

/** A CommonJS module; its exports are the names that Node's own lexer finds. */
export function commonJsContent(file: string, source: string): Content {
  const { text, name, specifiers } = withoutImportCalls(source)
  const required = [...source.matchAll(REQUIRE)].map((match) => match[2]!)
  const lazy = [...new Set([...required, ...specifiers])]
  const wrapper = `${WRAPPER}${name && `,${name}`}){`
  return {
    kind: 'cjs',
    isAsync: false,
    isScript: true,
    requests: [],
    lazy,
    requires: true,
    print: (_, requests) => ({
      code: `${wrapper}${text.startsWith('#!') ? `//${text.slice(2)}` : text}\n})`,
      columnOffset: wrapper.length,
      links: plainLinks([...OWN_NAMES, ...namesIn(source, file, new Set())], { lazy: requests }),
    }),
  }
}

/**
 * Calls of `import()` go to a parameter of the wrapper, whose name is as long: what they
 * lead to is hot where there is a hot one.
 */
function withoutImportCalls(source: string): { text: string; name: string; specifiers: string[] } {
  const nothing = { text: source, name: '', specifiers: [] }
  if (!/\bimport\s*\(/.test(source)) return nothing
  const calls = importCalls(source)
  if (calls.length === 0) return nothing
  const name = new FreshNames(source).like('import')
  let text = source
  for (const { start } of calls) text = text.slice(0, start) + name + text.slice(start + name.length)
  const specifiers = calls.flatMap(({ source: { value } }) => (typeof value === 'string' ? [value] : []))
  return { text, name, specifiers }
}

function importCalls(source: string): Node[] {
  const calls: Node[] = []
  const visit = (node: Node): void => {
    if (node.type === 'ImportExpression') calls.push(node)
    forEachChild(node, visit)
  }
  try {
    const options = { ecmaVersion: 'latest', allowReturnOutsideFunction: true, allowHashBang: true } as const
    visit(acorn().parse(source, { ...options, sourceType: 'script' }) as unknown as Node)
  } catch {
    // V8 says what is wrong with it.
  }
  return calls
}
