import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PATIENCE } from '../../support/patience.ts'

/** Runs the programs of `cases.json` in a process of its own. @returns what each of them comes to, by key */
export function runCases<T>(mode: 'native' | 'loader' | 'participant', folder: string): Record<string, T> {
  const script = new URL('./run-case.mjs', import.meta.url).pathname
  const { status, stderr } = spawnSync(process.execPath, ['--no-warnings', script, mode, folder], {
    encoding: 'utf8',
    timeout: 60_000 * PATIENCE,
  })
  if (status !== 0) throw new Error(`${mode} ended with ${status}: ${stderr}`)
  return JSON.parse(readFileSync(join(folder, `${mode}.json`), 'utf8'))
}
