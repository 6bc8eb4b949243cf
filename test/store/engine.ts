import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const ENGINE = fileURLToPath(new URL('./fixtures/engine.mjs', import.meta.url))

export interface Said {
  readonly [name: string]: unknown
}

/** An engine in a process of its own, which can be killed. */
export class Engine {
  readonly said: Said[] = []
  readonly child: ChildProcess
  readonly ended: Promise<unknown>
  stderr = ''

  private constructor(units: string, options: object, engine = ENGINE) {
    this.child = spawn(process.execPath, [engine, units, JSON.stringify(options)], { stdio: 'pipe' })
    this.ended = new Promise((resolve) => this.child.once('close', (code, signal) => resolve(signal ?? code)))
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.said.push(JSON.parse(line)))
    this.child.stderr!.on('data', (text) => {
      this.stderr += text
    })
    onTestFinished(() => void this.child.kill('SIGKILL'))
  }

  /** Resolves when it runs. */
  static async start(units: string, options: object): Promise<Engine> {
    const engine = new Engine(units, options)
    await engine.hears((said) => 'started' in said)
    return engine
  }

  /** Without waiting for it. */
  static launch(units: string, options: object, engine = ENGINE): Engine {
    return new Engine(units, options, engine)
  }

  async hears(which: (said: Said) => boolean, ms = 15_000): Promise<Said> {
    const end = performance.now() + ms
    for (;;) {
      const found = this.said.find(which)
      if (found) return found
      if (performance.now() > end || this.child.exitCode !== null)
        throw new Error(`not heard in ${JSON.stringify(this.said)}\n${this.stderr}`)
      await new Promise((resolve) => setTimeout(resolve, 4))
    }
  }

  async ask(command: string, which: (said: Said) => boolean): Promise<Said> {
    const before = this.said.length
    this.child.stdin!.write(`${command}\n`)
    return this.hears((said) => this.said.indexOf(said) >= before && which(said))
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }

  async close(): Promise<Said> {
    const closed = await this.ask('close', (said) => 'closed' in said)
    await this.ended
    return closed
  }
}
