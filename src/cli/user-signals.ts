import type { ChildProcess } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const
/** With these a person ends the engine; the others may mean anything to it. */
const ENDING: ReadonlySet<string> = new Set(['SIGINT', 'SIGTERM'])

/** Signals that this process gets are for the engine that it runs. */
export class UserSignals {
  /** the last signal with which the end was asked for */
  asked: NodeJS.Signals | undefined
  #child: ChildProcess | undefined
  readonly #waits = new AbortController()
  readonly #listeners = FORWARDED.map((signal) => [signal, () => this.#take(signal)] as const)

  constructor() {
    for (const [signal, listener] of this.#listeners) process.on(signal, listener)
  }

  forwardTo(child: ChildProcess): void {
    this.#child = child
  }

  /** Resolves after `ms` milliseconds, or as soon as the end is asked for. */
  async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#waits.signal }).catch(() => {})
  }

  close(): void {
    for (const [signal, listener] of this.#listeners) process.off(signal, listener)
  }

  /** Ctrl-C on a terminal reaches the engine by itself: it must not get it twice. */
  #take(signal: NodeJS.Signals): void {
    if (!(signal === 'SIGINT' && process.stdin.isTTY)) this.#child?.kill(signal)
    if (!ENDING.has(signal)) return
    this.asked = signal
    this.#waits.abort()
  }
}
