import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import {
  applied,
  bomb,
  decree,
  fasterCars,
  patience,
  perHead,
  slip,
  storm,
} from '../../dist/cli/demo/edits.js'

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** What each row of the table must say. */
const ROWS: [letter: string, outcome: string, code?: string][] = [
  ['a', 'permanent'],
  ['b', 'permanent'],
  ['c', 'refused', 'TICKSWAP_E_SYNTAX'],
  ['d', 'rolled-back', 'TICKSWAP_E_PROBATION_EXCEPTION'],
  ['e', 'rolled-back', 'TICKSWAP_E_PROBATION_NON_FINITE'],
  ['f', 'permanent'],
  ['g', 'permanent'],
  ['h', 'permanent'],
]

describe('tickswap demo', () => {
  it('plays its script without a terminal, and ends by itself with a table', {
    timeout: 70_000,
  }, async () => {
    const child = spawn(process.execPath, [MAIN, 'demo'], { stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    child.stderr.on('data', (chunk) => {
      text += chunk
    })
    const [code] = await once(child, 'close')
    expect(code, text).toBe(0)
    expect(text).not.toContain('\x1b')
    const lines = text.split('\n')
    for (const [letter, outcome, finding] of ROWS) {
      const row = lines.find((line) => line.startsWith(`│ ${letter} │`)) ?? ''
      const cells = row.split('│').map((cell) => cell.trim())
      expect(cells[3], row).toContain(outcome)
      if (finding) expect(cells[3], row).toContain(finding)
      expect(cells.slice(6, 9), row).toEqual(['0', '0', '✔'])
    }
  })
})

describe('an edit of the demo', () => {
  it('fits the files as they are', async () => {
    for (const edit of [fasterCars, slip, bomb, perHead, ...decree, storm]) {
      const source = await readFile(
        new URL(`../../examples/city/systems/${edit.file}`, import.meta.url),
        'utf8',
      )
      expect(applied(source, edit)).not.toBe(source)
    }
    const traffic = await readFile(new URL('../../examples/city/systems/traffic.ts', import.meta.url), 'utf8')
    expect(applied(applied(traffic, fasterCars), patience)).toContain("version: '2.0.0'")
  })

  it('is refused when a piece is missing or not unique', () => {
    expect(() => applied('let a = 1', { file: 'x.ts', changes: [['b', 'c']] })).toThrow('does not contain')
    expect(() => applied('a a', { file: 'x.ts', changes: [['a', 'b']] })).toThrow('more than once')
  })
})
