import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { folder, run } from './command.ts'

/** A git repository of its own, in which commands run. */
export class Repository {
  readonly root: string

  constructor(files: Record<string, string> = {}) {
    this.root = realpathSync(folder(files))
    this.git('init', '--quiet')
    this.git('config', 'user.name', 'Somebody')
    this.git('config', 'user.email', 'somebody@example.org')
    this.git('config', 'core.autocrlf', 'false')
    if (Object.keys(files).length > 0) this.commit('feat: begin')
  }

  git(...args: string[]): string {
    return execFileSync('git', ['-C', this.root, ...args]).toString()
  }

  commit(message: string): string {
    this.git('add', '--all')
    this.git('commit', '--quiet', '--allow-empty', '--message', message)
    return this.git('rev-parse', 'HEAD').trim()
  }

  write(name: string, text: string | Uint8Array): void {
    mkdirSync(dirname(join(this.root, name)), { recursive: true })
    writeFileSync(join(this.root, name), text)
  }

  read(name: string): string {
    return readFileSync(join(this.root, name), 'utf8')
  }

  bytes(name: string): Buffer {
    return readFileSync(join(this.root, name))
  }

  run(...args: string[]) {
    return run(args, { cwd: this.root })
  }

  /** Runs a command that is to succeed, and reads what it prints. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever a command prints
  async json(...args: string[]): Promise<any> {
    const { code, stdout, stderr } = await this.run(...args, '--format', 'json')
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`)
    return JSON.parse(stdout)
  }
}

/** The source of a unit. */
export const unit = (version: string, body = '', fields = ''): string =>
  `import { defineUnit, f32 } from 'tickswap/module'\nexport const unit = defineUnit({\n  version: '${version}',\n${fields}})\n${body}\n`
