import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** A command under way, with what it has printed so far. */
export interface Started {
  readonly child: ChildProcess
  stdout: string
  stderr: string
  /** resolves with the exit code */
  readonly ended: Promise<number | null>
  /** resolves when standard output holds the text */
  prints(text: string | RegExp, deadlineMs?: number): Promise<void>
}

/** Starts the real command; it is stopped when the test is over. */
export function start(args: readonly string[], options: SpawnOptions = {}): Started {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  const started: Started = {
    child,
    stdout: '',
    stderr: '',
    ended,
    prints: (text, deadlineMs = 10_000) => waitFor(started, text, deadlineMs),
  }
  child.stdout?.on('data', (data) => {
    started.stdout += data
  })
  child.stderr?.on('data', (data) => {
    started.stderr += data
  })
  onTestFinished(() => void (child.exitCode ?? child.kill('SIGTERM')))
  return started
}

async function waitFor(started: Started, text: string | RegExp, deadlineMs: number): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!(typeof text === 'string' ? started.stdout.includes(text) : text.test(started.stdout))) {
    const isOver = performance.now() > end || started.child.exitCode !== null
    if (isOver) throw new Error(`not printed: ${text}\n${started.stdout}\n${started.stderr}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Runs the real command to its end. */
export async function run(args: readonly string[], options: SpawnOptions = {}) {
  const started = start(args, options)
  const code = await started.ended
  return { code, stdout: started.stdout, stderr: started.stderr }
}

export function folder(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'tickswap-cli-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}
