import { copyFileSync, linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TickswapError } from '../../errors.ts'
import { ClassicLevelBackend } from './classic-level.ts'
import type { Backend } from './contract.ts'

const TRIES = 20

/**
 * LevelDB lets one process open a folder, and nobody read beside it. Its sorted files never change once they are
 * written, so a reader opens a copy: the manifest, the log, and links to the rest.
 */
export async function readLevelBeside(path: string): Promise<Backend> {
  for (let attempt = 1; ; attempt++) {
    const copy = mkdtempSync(join(tmpdir(), 'tickswap-read-'))
    const drop = () => rmSync(copy, { recursive: true, force: true })
    try {
      const before = stateOf(path)
      for (const file of readdirSync(path)) take(join(path, file), join(copy, file))
      // Files that were merged meanwhile make a copy that belongs to no instant.
      if (stateOf(path) !== before) throw new Error('the folder changed while it was copied')
      const backend = await ClassicLevelBackend.open(copy)
      const close = backend.close.bind(backend)
      return Object.assign(backend, { close: () => close().finally(drop) })
    } catch (cause) {
      drop()
      if (attempt === TRIES)
        throw new TickswapError('TICKSWAP_E_STORE_OPEN', `cannot read ${path}: ${cause}`, {}, { cause })
    }
  }
}

/** The manifest's name and size: it grows with every file that comes or goes. */
function stateOf(path: string): string {
  const manifest = readFileSync(join(path, 'CURRENT'), 'utf8').trim()
  return `${manifest} ${statSync(join(path, manifest)).size}`
}

function take(from: string, to: string): void {
  if (from.endsWith('LOCK') || from.endsWith('LOG') || from.endsWith('LOG.old')) return
  if (!from.endsWith('.ldb')) return copyFileSync(from, to)
  try {
    linkSync(from, to)
  } catch {
    copyFileSync(from, to)
  }
}
