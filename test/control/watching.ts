import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'
import { type WatchBatch, Watcher, type WatcherOptions } from '../../dist/control/watcher.js'

export type Step = readonly [what: string, ...args: unknown[]]

export function scratch(files: Record<string, string> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'tickswap-watch-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}

/** A watcher and what its reader got: on each batch it reads the files at once, as the runtime does. */
export interface Watching {
  readonly watcher: Watcher
  readonly batches: WatchBatch[]
  /** epoch milliseconds at which each batch came */
  readonly times: number[]
  /** by file, as last read; 'removed' and 'empty' as such */
  readonly reader: Map<string, string>
  readonly warnings: string[]
}

export async function watching(root: string, more: Partial<WatcherOptions> = {}): Promise<Watching> {
  const batches: WatchBatch[] = []
  const times: number[] = []
  const reader = new Map<string, string>()
  const warnings: string[] = []
  const watcher = new Watcher({
    directories: [root],
    onWarning: (finding) => warnings.push(finding.code),
    onBatch: (batch) => {
      times.push(performance.timeOrigin + performance.now())
      batches.push(batch)
      for (const file of batch.changed) reader.set(file, readOrGone(file))
      for (const file of batch.removed) reader.set(file, '<removed>')
      for (const file of batch.empty) reader.set(file, '<empty>')
    },
    ...more,
  })
  onTestFinished(() => watcher.close())
  await watcher.ready()
  return { watcher, batches, times, reader, warnings }
}

function readOrGone(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '<gone>'
  }
}

export interface Writer {
  /** epoch milliseconds of the start, or of the last 'mark', and of the end */
  run(steps: readonly Step[]): Promise<{ started: number; ended: number }>
}

export function startWriter(): Writer {
  const worker = new Worker(new URL('./writer.mjs', import.meta.url))
  onTestFinished(async () => void (await worker.terminate()))
  let failure: Error | undefined
  worker.on('error', (error) => {
    failure = error
  })
  return {
    run: async (steps) => {
      if (failure) throw failure
      worker.postMessage(steps)
      const [result] = await once(worker, 'message')
      return result
    },
  }
}

export async function until(condition: () => boolean, what: string, deadlineMs = 5000): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** Lets everything that could still come come: an edit of a file made for it, and its report. */
export async function drain(root: string, { batches }: Watching): Promise<void> {
  const file = join(root, `drain${batches.length}.ts`)
  writeFileSync(file, 'drain')
  await until(() => batches.some((batch) => batch.changed.includes(file)), `report of ${file}`)
}
