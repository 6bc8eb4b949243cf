import type { Piscina } from 'piscina'
import type { Encoding } from './codec.ts'
import type { DecodeJob, DeltaJob, EncodeJob, InspectJob, Job } from './pool-worker.ts'

/** Ends threads that have had nothing to do for so long. */
const IDLE_MS = 2000

/** Threads that compress and unpack, so that whoever opened the store does not have to. */
export class Pool {
  #piscina: Promise<Piscina<Job, unknown>> | undefined

  async encode(
    items: readonly Uint8Array[],
    wanted: Encoding,
  ): Promise<{ encoding: Encoding; body: Uint8Array }[]> {
    return this.#run({ type: 'encode', items, wanted } satisfies EncodeJob) as Promise<never>
  }

  /** @throws TickswapError STORE_DAMAGED when the result does not have that hash */
  async decode(body: Uint8Array, encoding: Encoding, size: number, hash: string): Promise<Uint8Array> {
    return this.#run({ type: 'decode', body, encoding, size, hash } satisfies DecodeJob) as Promise<never>
  }

  /** The difference of two states, compressed. */
  async delta(base: Uint8Array, next: Uint8Array): Promise<{ encoding: Encoding; body: Uint8Array }> {
    return this.#run({ type: 'delta', base, next } satisfies DeltaJob) as Promise<never>
  }

  /** What is wrong with the inner pages of a file of LMDB; nothing when they are whole. */
  async inspect(file: string): Promise<string | undefined> {
    return this.#run({ type: 'inspect', file } satisfies InspectJob) as Promise<never>
  }

  async close(): Promise<void> {
    await (await this.#piscina)?.destroy()
    this.#piscina = undefined
  }

  async #run(job: Job): Promise<unknown> {
    this.#piscina ??= start()
    return (await this.#piscina).run(job)
  }
}

/** The library is loaded when there is work: a start does not wait for it. */
async function start(): Promise<Piscina<Job, unknown>> {
  const { Piscina } = await import('piscina')
  return new Piscina<Job, unknown>({
    filename: new URL('./pool-worker.js', import.meta.url).href,
    minThreads: 0,
    maxThreads: 2,
    idleTimeout: IDLE_MS,
  })
}
