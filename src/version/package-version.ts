import { readFileSync } from 'node:fs'

const PACKAGE = new URL('../../package.json', import.meta.url)

/** The version of this installation of tickswap. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(PACKAGE, 'utf8')).version
}
