/** What a script may import by name even where tickswap is not installed beside it. */
export const OWN_MODULES: ReadonlyMap<string, string> = new Map([
  ['tickswap', new URL('../index.js', import.meta.url).href],
  ['tickswap/module', new URL('../module.js', import.meta.url).href],
])
