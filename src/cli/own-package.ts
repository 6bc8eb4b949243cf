import { readFileSync } from 'node:fs'

const PACKAGE = new URL('../../package.json', import.meta.url)

/** The version of this installation. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(PACKAGE, 'utf8')).version
}

/** What a script may import by name even where tickswap is not installed beside it. */
export const OWN_MODULES: ReadonlyMap<string, string> = new Map([
  ['tickswap', new URL('../index.js', import.meta.url).href],
  ['tickswap/module', new URL('../module.js', import.meta.url).href],
])
