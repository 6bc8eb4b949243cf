import { createRequire } from 'node:module'
import { assignsFields, type CompilerOptions } from '../resolve/tsconfig.ts'
import { SourceError } from './declarations.ts'
import { type Compiled, relayout } from './relayout.ts'
import { fromSwc, swc } from './strip.ts'

/** How JSX is compiled, in TypeScript's own words. */
export interface JsxOptions {
  readonly jsx?: 'react' | 'react-jsx' | 'react-jsxdev'
  readonly jsxFactory?: string
  readonly jsxFragmentFactory?: string
  readonly jsxImportSource?: string
}

/**
 * Compiles enums, namespaces and parameter properties.
 * @returns undefined when the text has decorators too
 * @throws SourceError
 */
export function compileSyntax(source: string): Compiled | undefined {
  try {
    const { code, map } = swc().transformSync(source, {
      mode: 'transform',
      sourceMap: true,
      transform: { verbatimModuleSyntax: true, nativeClassProperties: true },
    })
    return relayout(code, JSON.parse(map!).mappings)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw fromSwc(error, source)
  }
}

const require = createRequire(import.meta.url)

/** Compiles all there is, decorators and JSX too, with the TypeScript compiler itself. @throws SourceError */
export function compileAll(
  file: string,
  source: string,
  own: CompilerOptions,
  jsx: JsxOptions | undefined,
): Compiled {
  const ts: typeof import('typescript-classic') = require('typescript-classic')
  const { outputText, sourceMapText, diagnostics } = ts.transpileModule(source, {
    fileName: file,
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      sourceMap: true,
      removeComments: true,
      experimentalDecorators: own.experimentalDecorators === true,
      emitDecoratorMetadata: own.emitDecoratorMetadata === true,
      useDefineForClassFields: !assignsFields(own),
      ...jsxOptions(ts, jsx ?? own),
    },
  })
  const failure = diagnostics?.find((each) => each.category === ts.DiagnosticCategory.Error)
  if (failure) {
    throw new SourceError(ts.flattenDiagnosticMessageText(failure.messageText, '\n'), failure.start ?? 0)
  }
  return relayout(
    outputText.replace(/\/\/# sourceMappingURL=.*\s*$/, ''),
    JSON.parse(sourceMapText!).mappings,
  )
}

function jsxOptions(ts: typeof import('typescript-classic'), options: JsxOptions | Record<string, unknown>) {
  const { jsx, jsxFactory, jsxFragmentFactory, jsxImportSource } = options as JsxOptions
  const modes = {
    react: ts.JsxEmit.React,
    'react-jsx': ts.JsxEmit.ReactJSX,
    'react-jsxdev': ts.JsxEmit.ReactJSXDev,
  }
  return {
    jsx: modes[jsx ?? (jsxFactory ? 'react' : 'react-jsx')] ?? ts.JsxEmit.ReactJSX,
    ...(jsxFactory && { jsxFactory }),
    ...(jsxFragmentFactory && { jsxFragmentFactory }),
    ...(jsxImportSource && { jsxImportSource }),
  }
}
