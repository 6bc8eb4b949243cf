import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createRuntime, type Runtime, type RuntimeOptions } from '../../dist/index.js'

export const TOKEN = 'a-token-for-tests-only'

/** A unit whose clock goes by `factor`. */
export const clock = (version: string, factor = 1, more = '') => `
import { defineUnit, f64 } from 'tickswap/module'
export const unit = defineUnit({ version: '${version}', state: { columns: { clock: f64(16) } } })
export function step() { unit.state.columns.clock[0] += ${factor}; ${more} }
`

export interface Served {
  readonly runtime: Runtime
  readonly folder: string
  /** without the slash at the end */
  readonly base: string
  save(text: string): void
  get(path: string, headers?: Record<string, string>): Promise<Response>
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  /** resolves when the condition holds; throws after 10 s */
  until(condition: () => boolean | Promise<boolean>, what: string): Promise<void>
}

/** An engine at 250 Hz with the HTTP interface, until the test is over. */
export async function serve(options: Partial<RuntimeOptions> = {}): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'tickswap-admin-'))
  const file = join(folder, 'clock.ts')
  writeFileSync(file, clock('1.0.0'))
  const runtime = await createRuntime({
    units: folder,
    probation: { ticks: 5 },
    admin: { port: 0, token: TOKEN },
    ...options,
  })
  const handle = runtime.use<{ step(): void }>('clock')
  const timer = setInterval(() => {
    runtime.tick()
    handle.exports.step()
  }, 4)
  onTestFinished(async () => {
    clearInterval(timer)
    await runtime.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const base = (runtime.address ?? '').replace(/\/$/, '')
  return {
    runtime,
    folder,
    base,
    save: (text) => writeFileSync(file, text),
    get: (path, headers = {}) => fetch(base + path, { headers }),
    post: (path, body, headers = {}) =>
      fetch(base + path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${TOKEN}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    until,
  }
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 10_000
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited 10 s for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
