import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/**
 * A folder with files, inside the folder of the case. `tickswap` resolves in it as it does
 * in a user's project. The runner removes everything at the end, whatever became of the case.
 */
export function folder(root, name, files = {}) {
  const dir = join(root, name)
  mkdirSync(join(dir, 'node_modules'), { recursive: true })
  symlinkSync(PROJECT, join(dir, 'node_modules', 'tickswap'), 'dir')
  writeFileSync(join(dir, 'package.json'), '{ "type": "module", "private": true }\n')
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    writeFileSync(join(dir, file), text)
  }
  return dir
}
