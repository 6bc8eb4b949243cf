import { fork } from 'node:child_process'
import { mkdirSync } from 'node:fs'

const CHILD = new URL('./child.js', import.meta.url)
const LIMIT_MS = 120_000
const running = new Set()

/**
 * Runs one benchmark in a process of its own, so that none inherits the heap, the compiled
 * code or the threads of another. What takes longer than its limit is ended.
 *
 * @returns what the benchmark returned, or `{ error }`
 */
export function runCase(bench, { dir, quick }) {
  mkdirSync(dir, { recursive: true })
  const execArgv = ['--expose-gc', '--no-warnings']
  const child = fork(CHILD, [bench.name, dir, quick ? 'quick' : 'full'], { execArgv })
  return withLimit(child, bench.limitMs ?? LIMIT_MS)
}

/** Runs a module of support/ as a child of a benchmark; resolves with the one message that it sends. */
export function runHelper(file, args, { execArgv = [], limitMs = LIMIT_MS } = {}) {
  const child = fork(new URL(file, import.meta.url), args.map(String), { execArgv })
  return withLimit(child, limitMs).then((message) => {
    if (message.error) throw new Error(message.error)
    return message
  })
}

function withLimit(child, limitMs) {
  running.add(child)
  return new Promise((resolve) => {
    const end = (message) => {
      clearTimeout(timer)
      running.delete(child)
      child.kill('SIGKILL')
      resolve(message)
    }
    const timer = setTimeout(() => end({ error: `not finished after ${limitMs / 1000} s` }), limitMs)
    child.once('message', end)
    child.once('error', (error) => end({ error: error.message }))
    child.once('exit', (code, signal) => end({ error: `ended without a result (${signal ?? code})` }))
  })
}

/** Ends what this process started and still runs. Helpers end by themselves when their parent does. */
export function stopAll() {
  for (const child of running) child.kill('SIGKILL')
}

/** For the other side of runCase and runHelper: sends the outcome of `act`, and never outlives the parent. */
export async function answer(act) {
  process.on('disconnect', () => process.exit(1))
  const message = await Promise.resolve()
    .then(act)
    .catch((error) => ({ error: error?.stack ?? String(error) }))
  process.send(message, () => process.exit(0))
}
