import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { damaged } from '../record.ts'

/** What the other process ends with when the tree is wrong. */
const UNREADABLE = 3
const LEAST_MS = 10_000
/** A disk that reads slower than this is no disk. */
const BYTES_PER_MS = 5000

/**
 * Has another process read all pages of the tree of an LMDB environment: LMDB trusts them, and what it finds in a
 * damaged one may end the process that reads it.
 * @throws TickswapError STORE_DAMAGED when that process ended in it, or found it wrong
 */
export async function probeLmdb(folder: string): Promise<void> {
  const file = join(folder, 'data.mdb')
  if (!existsSync(file)) return
  const reader = spawn(
    process.execPath,
    [fileURLToPath(new URL('./probe-lmdb.js', import.meta.url)), folder],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      // What the engine's own process was started with is not for this one.
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  )
  const timer = setTimeout(() => reader.kill('SIGKILL'), LEAST_MS + statSync(file).size / BYTES_PER_MS)
  let said = ''
  reader.stderr!.on('data', (text) => {
    said = `${said}${text}`.slice(-200)
  })
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    // Where no process can be started nobody can be asked, and the store is opened all the same.
    reader.once('error', () => resolve([0, null]))
    reader.once('close', (...ended) => resolve(ended))
  })
  clearTimeout(timer)
  // Too slow, out of memory, unable to begin: that says nothing of the tree, and must not keep an engine from starting.
  if (signal === 'SIGKILL' || (signal === null && code !== UNREADABLE)) return
  throw damaged(`the tree of ${file} cannot be read: ${signal ?? said.trim().split('\n').at(-1)}`)
}
