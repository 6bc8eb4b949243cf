/** How JSX is compiled, in TypeScript's own words. */
export interface JsxOptions {
  readonly jsx?: 'react' | 'react-jsx' | 'react-jsxdev'
  readonly jsxFactory?: string
  readonly jsxFragmentFactory?: string
  readonly jsxImportSource?: string
}

/** JavaScript whose tokens are where they were in the source. */
export interface Compiled {
  readonly code: string
  /** characters of helpers in front of the first line */
  readonly lead: number
}

export const needsCompiler = (_extension: string, _source: string): boolean => false
export const compileJs = (_file: string, source: string, _jsx: JsxOptions | undefined): Compiled => ({
  code: source,
  lead: 0,
})
