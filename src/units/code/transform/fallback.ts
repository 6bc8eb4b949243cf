/** How JSX is compiled, in TypeScript's own words. */
export interface JsxOptions {
  readonly jsx?: 'react' | 'react-jsx' | 'react-jsxdev'
  readonly jsxFactory?: string
  readonly jsxFragmentFactory?: string
  readonly jsxImportSource?: string
}
