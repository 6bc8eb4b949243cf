import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A folder of real files that a test edits. */
export class Scratch {
  readonly dir: string

  private constructor(dir: string) {
    this.dir = dir
  }

  static async create(files: Record<string, string>): Promise<Scratch> {
    const scratch = new Scratch(await mkdtemp(join(tmpdir(), 'tickswap-test-')))
    for (const [name, text] of Object.entries(files)) await scratch.write(name, text)
    return scratch
  }

  path(name: string): string {
    return join(this.dir, name)
  }

  async write(name: string, text: string): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true })
    await writeFile(this.path(name), text)
  }

  removeFile(name: string): Promise<void> {
    return rm(this.path(name))
  }

  remove(): Promise<void> {
    return rm(this.dir, { recursive: true, force: true })
  }
}
