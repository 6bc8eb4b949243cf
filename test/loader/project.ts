import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import xxhash from 'xxhash-wasm'
import { Linker } from '../../dist/units/code/linker.js'
import { Stager } from '../../dist/units/code/stager.js'

const { h64Raw } = await xxhash()
export const hash = (bytes: Uint8Array): string => h64Raw(bytes).toString(16).padStart(16, '0')

// biome-ignore lint/suspicious/noExplicitAny: what the modules of a test export
export type Exports = Record<string, any>

/** A folder of real files, staged and linked, that removes itself with `close`. */
export class Project {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'tickswap-loader-')))
  readonly stager = new Stager({ root: this.root, hash })
  readonly linker = new Linker()

  constructor(files: Record<string, string | Uint8Array>) {
    for (const [name, text] of Object.entries(files)) this.write(name, text)
  }

  path(name: string): string {
    return join(this.root, name)
  }

  write(name: string, text: string | Uint8Array): string {
    const path = this.path(name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }

  async boot(...entries: string[]): Promise<Exports> {
    const stage = await this.stager.boot(entries.map((name) => this.path(name)))
    await this.linker.loadAsync(stage.update)
    this.stager.accept(stage)
    return this.exports(entries[0]!)
  }

  /** Writes files and stages them. */
  async stage(files: Record<string, string>) {
    const changed = Object.entries(files).map(([name, text]) => this.write(name, text))
    return this.stager.stage(changed)
  }

  /** Writes files, and makes them live. */
  async edit(files: Record<string, string>) {
    const stage = await this.stage(files)
    const prepared = this.linker.prepare(stage.update)
    prepared.commit()
    prepared.settle()
    this.stager.accept(stage)
    return stage
  }

  exports(name: string): Exports {
    return this.linker.namespace(this.path(name)) as Exports
  }

  close(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
