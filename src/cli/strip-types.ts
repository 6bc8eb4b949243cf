import { createRequire } from 'node:module'
import type { Options, TransformOutput } from '@swc/wasm-typescript'
import { TickswapError } from '../errors.ts'

/** What the compiler throws: a plain object. */
interface Refusal {
  readonly code?: string
  readonly message?: string
  readonly startLine?: number
  readonly startColumn?: number
}

type Transform = (source: string, options: Options) => TransformOutput

let loaded: Transform | undefined

/** WebAssembly of some megabytes: a thread that loads no TypeScript never pays for it. */
function transform(source: string, options: Options): TransformOutput {
  loaded ??= createRequire(import.meta.url)('@swc/wasm-typescript').transformSync as Transform
  return loaded(source, options)
}

/**
 * JavaScript from TypeScript. Types become blanks, so that lines and columns stay; a file with enums,
 * namespaces or parameter properties is compiled, and carries a source map.
 * @throws TickswapError TICKSWAP_E_SYNTAX with the place
 */
export function stripTypes(source: string, file: string): string {
  try {
    return transform(source, { filename: file, mode: 'strip-only' }).code
  } catch (error) {
    if ((error as Refusal).code !== 'UnsupportedSyntax') throw syntaxError(error as Refusal, file)
    return compile(source, file)
  }
}

function compile(source: string, file: string): string {
  try {
    const { code, map } = transform(source, { filename: file, mode: 'transform', sourceMap: true })
    if (!map) return code
    const json = JSON.stringify({ ...JSON.parse(map), sources: [file] })
    const url = `data:application/json;base64,${Buffer.from(json).toString('base64')}`
    return `${code}\n//# sourceMappingURL=${url}\n`
  } catch (error) {
    throw syntaxError(error as Refusal, file)
  }
}

function syntaxError(refusal: Refusal, file: string): TickswapError {
  const { message = String(refusal), startLine, startColumn } = refusal
  return new TickswapError('TICKSWAP_E_SYNTAX', message, {
    file,
    ...(startLine === undefined ? {} : { line: startLine }),
    ...(startColumn === undefined ? {} : { column: startColumn + 1 }),
  })
}
