import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { EXIT } from './exit-codes.ts'

const REGISTER = new URL('./register.js', import.meta.url).href

/**
 * What the engine's process needs. Worker threads inherit it, unless the engine gives them an `execArgv` of
 * their own. Without the compilation cache V8 lets go of modules that were replaced.
 */
const NODE_OPTIONS = ['--no-compilation-cache', '--enable-source-maps', '--import', REGISTER]

/** The flags that Node was given for this process are meant for the engine; a debugger's port is one process's. */
const nodeFlags = (): string[] => process.execArgv.filter((flag) => !flag.startsWith('--inspect'))

/** An engine script, and what it finds in process.argv and the environment. */
export interface Engine {
  readonly script: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** An engine's process under way. */
export interface Running {
  readonly child: ChildProcess
  /** rejects when the process could not be started */
  readonly ended: Promise<Ending>
}

/** Starts a script in a process of its own that shares this one's terminal and, if this one was forked, its messages. */
export function startEngine({ script, args, env }: Engine): Running {
  const isForked = process.send !== undefined
  const child = spawn(process.execPath, [...nodeFlags(), ...NODE_OPTIONS, script, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', ...(isForked ? (['ipc'] as const) : [])],
    env: { ...process.env, ...env },
  })
  if (isForked) relayMessages(child)
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  return { child, ended }
}

/** The exit code that tells a shell how the process ended. */
export const exitCodeOf = ({ code, signal }: Ending): number =>
  code ?? EXIT.signal + (signal ? constants.signals[signal] : 0)

function relayMessages(child: ChildProcess): void {
  const toEngine = (message: unknown) => child.connected && child.send(message as object)
  const toParent = (message: unknown) => process.connected && process.send?.(message)
  const leave = () => child.connected && child.disconnect()
  process.on('message', toEngine)
  process.once('disconnect', leave)
  child.on('message', toParent)
  child.once('exit', () => {
    process.off('message', toEngine)
    process.off('disconnect', leave)
  })
}
