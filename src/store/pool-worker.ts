import { TickswapError } from '../errors.ts'
import { checkTree } from './backends/lmdb-tree.ts'
import { decode, Encoding, encode } from './codec.ts'
import { difference } from './delta.ts'
import { blake3Hex } from './hash.ts'

export interface EncodeJob {
  readonly type: 'encode'
  readonly items: readonly Uint8Array[]
  readonly wanted: Encoding
}
export interface DecodeJob {
  readonly type: 'decode'
  readonly body: Uint8Array
  readonly encoding: Encoding
  readonly size: number
  readonly hash: string
}
export interface DeltaJob {
  readonly type: 'delta'
  readonly base: Uint8Array
  readonly next: Uint8Array
}
export interface InspectJob {
  readonly type: 'inspect'
  readonly file: string
}
export type Job = EncodeJob | DecodeJob | DeltaJob | InspectJob

/** Runs in a thread of the pool. */
export default function work(job: Job): unknown {
  switch (job.type) {
    case 'encode':
      return job.items.map((item) => encode(item, job.wanted))
    case 'decode':
      return unpack(job)
    case 'delta':
      return encode(difference(job.base, job.next), Encoding.LZ4)
    case 'inspect':
      return inspect(job.file)
    default:
      throw new TickswapError('TICKSWAP_E_INTERNAL', `no such job: ${JSON.stringify(job satisfies never)}`)
  }
}

function unpack({ body, encoding, size, hash }: DecodeJob): Uint8Array {
  const bytes = decode(body, encoding, size)
  const found = blake3Hex(bytes)
  if (found === hash) return bytes
  const message = `object ${hash} is not what was stored: its hash is ${found}`
  throw new TickswapError('TICKSWAP_E_STORE_DAMAGED', message)
}

/** What is wrong, in words: errors lose their code on the way. */
function inspect(file: string): string | undefined {
  try {
    checkTree(file)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
