import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { folder, run } from './command.ts'

/** What bash offers for a line, with the script that the command prints. */
async function offered(line: string): Promise<string[]> {
  const { stdout, code } = await run(['completion', 'bash'])
  expect(code).toBe(0)
  const words = line.split(' ')
  const quoted = words.map((word) => `'${word}'`).join(' ')
  const script = `${stdout}\nCOMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _tickswap; printf '%s\\n' "\${COMPREPLY[@]}"`
  const cwd = folder({ 'engine.ts': '' })
  const result = spawnSync('bash', ['-c', script], { cwd, encoding: 'utf8' })
  expect(result.stderr).toBe('')
  return result.stdout.trim().split('\n')
}

test('bash completes commands, options, values and files', async () => {
  expect(await offered('tickswap sta')).toEqual(['status'])
  expect(await offered('tickswap rollback --')).toEqual(
    expect.arrayContaining(['--to', '--format', '--help']),
  )
  expect(await offered('tickswap status --format ')).toEqual(['table', 'json', 'yaml'])
  expect(await offered('tickswap rollback clock --state re')).toEqual(['replay', 'restore'])
  expect(await offered('tickswap run eng')).toEqual(['engine.ts'])
})

test('the script for zsh builds on that for bash; other shells are refused', async () => {
  expect((await run(['completion', 'zsh'])).stdout).toContain('bashcompinit')
  const fish = await run(['completion', 'fish'])
  expect(fish.code).toBe(2)
})
