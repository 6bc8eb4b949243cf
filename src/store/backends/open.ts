import { mkdirSync } from 'node:fs'
import { TickswapError } from '../../errors.ts'
import { BACKENDS, type Backend, type BackendKind } from './contract.ts'
import { MemoryBackend } from './memory.ts'

export const isBackend = (kind: unknown): kind is BackendKind => BACKENDS.includes(kind as BackendKind)

/**
 * Opens a folder. The libraries are loaded when they are needed: a runtime without a store pays for neither.
 * @throws TickswapError STORE_OPEN
 */
export async function openBackend(kind: BackendKind, path: string, readOnly = false): Promise<Backend> {
  try {
    switch (kind) {
      case 'memory':
        return new MemoryBackend()
      case 'lmdb': {
        if (!readOnly) mkdirSync(path, { recursive: true })
        const { LmdbBackend } = await import('./lmdb.ts')
        return new LmdbBackend(path, readOnly)
      }
      case 'classic-level': {
        if (readOnly) return await (await import('./level-copy.ts')).readLevelBeside(path)
        mkdirSync(path, { recursive: true })
        return await (await import('./classic-level.ts')).ClassicLevelBackend.open(path)
      }
      default:
        return kind satisfies never
    }
  } catch (cause) {
    if (cause instanceof TickswapError) throw cause
    throw new TickswapError('TICKSWAP_E_STORE_OPEN', `cannot open ${path}: ${reasonOf(cause)}`, {}, { cause })
  }
}

/** LevelDB keeps what happened in the error's cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? cause.message : message
}
