import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { EXIT } from './exit-codes.ts'

const REGISTER = new URL('./register.js', import.meta.url).href
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const

/**
 * What the engine's process needs. Worker threads inherit it, unless the engine gives them an `execArgv` of
 * their own. Without the compilation cache V8 lets go of modules that were replaced.
 */
const NODE_OPTIONS = ['--no-compilation-cache', '--enable-source-maps', '--import', REGISTER]

/**
 * Runs a script in a process of its own that shares this one's terminal, takes its signals and, if this
 * process was forked, its messages.
 * @returns the exit code to pass on
 */
export function runEngine(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const isForked = process.send !== undefined
  const child = spawn(process.execPath, [...NODE_OPTIONS, script, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', ...(isForked ? (['ipc'] as const) : [])],
    env: { ...process.env, ...env },
  })
  const stopForwarding = forwardSignals(child)
  if (isForked) relayMessages(child)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      stopForwarding()
      if (isForked && process.connected) process.disconnect()
      resolve(code ?? EXIT.signal + (signal ? constants.signals[signal] : 0))
    })
  })
}

/** Ctrl-C on a terminal reaches the engine by itself: it must not get it twice. */
function forwardSignals(child: ChildProcess): () => void {
  const listeners = FORWARDED.map((signal) => {
    const isByTerminal = signal === 'SIGINT' && process.stdin.isTTY
    const listener = () => void (isByTerminal || child.kill(signal))
    process.on(signal, listener)
    return () => process.off(signal, listener)
  })
  return () => {
    for (const stop of listeners) stop()
  }
}

function relayMessages(child: ChildProcess): void {
  const toEngine = (message: unknown) => child.connected && child.send(message as object)
  const toParent = (message: unknown) => process.connected && process.send?.(message)
  process.on('message', toEngine)
  process.once('disconnect', () => child.connected && child.disconnect())
  child.on('message', toParent)
  child.once('exit', () => process.off('message', toEngine))
}
