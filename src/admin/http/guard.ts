import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { TickswapError } from '../../errors.ts'

const TOKEN_BYTES = 32
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1', '[::1]'])

export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url')
export const isLoopback = (host: string): boolean => LOOPBACK.has(host)

/** So many wrong tokens from one address within so long, and none of its tokens is looked at for the rest of it. */
const MOST_MISSES = 20
const MISSES_MS = 10_000
const MOST_ADDRESSES = 4096

/** Wrong tokens, by address. Bounded: the oldest addresses go. */
class Misses {
  readonly #byAddress = new Map<string, { count: number; readonly since: number }>()

  add(address: string): void {
    const known = this.#byAddress.get(address)
    if (known && performance.now() - known.since < MISSES_MS) known.count++
    else {
      this.#byAddress.delete(address)
      this.#byAddress.set(address, { count: 1, since: performance.now() })
    }
    if (this.#byAddress.size > MOST_ADDRESSES) this.#byAddress.delete(this.#byAddress.keys().next().value!)
  }

  /** 0 when the address may try. */
  secondsLeft(address: string): number {
    const { count = 0, since = 0 } = this.#byAddress.get(address) ?? {}
    const left = since + MISSES_MS - performance.now()
    return count < MOST_MISSES || left <= 0 ? 0 : Math.ceil(left / 1000)
  }
}

/** Who may ask for what. */
export class Guard {
  readonly #digest: Buffer
  readonly #isLocal: boolean
  readonly #misses = new Misses()

  constructor(token: string, host: string) {
    this.#digest = digest(token)
    this.#isLocal = isLoopback(host)
  }

  /**
   * For everything: a page of another site, whose name was made to point here, must not read.
   * Beyond this machine reading needs the token too.
   * @throws TickswapError ORIGIN, TOKEN
   */
  admit(request: FastifyRequest): void {
    if (!this.#isLocal) return this.authorize(request)
    const host = hostOf(request.headers.host ?? '')
    if (!isLoopback(host))
      throw new TickswapError('TICKSWAP_E_ORIGIN', `the host ${JSON.stringify(host)} is not this machine`)
  }

  /** For what changes something. @throws TickswapError ORIGIN, TOKEN, RATE */
  authorize(request: FastifyRequest): void {
    const { origin, host } = request.headers
    // Something in front may speak https.
    if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
      throw new TickswapError('TICKSWAP_E_ORIGIN', `a page of ${JSON.stringify(origin)} may not do this`)
    const wait = this.#misses.secondsLeft(request.ip)
    if (wait > 0)
      throw new TickswapError('TICKSWAP_E_RATE', `too many wrong tokens; try again in ${wait} seconds`)
    const given = /^Bearer (\S{1,512})$/.exec(request.headers.authorization ?? '')?.[1]
    // Digests have one length, and comparing them takes one time, whatever was given.
    const isRight = given !== undefined && timingSafeEqual(digest(given), this.#digest)
    if (given !== undefined && !isRight) this.#misses.add(request.ip)
    if (!isRight)
      throw new TickswapError(
        'TICKSWAP_E_TOKEN',
        given === undefined ? 'a token is needed' : 'the token is wrong',
      )
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

function hostOf(header: string): string {
  return header.startsWith('[') ? header.replace(/\]:\d+$/, ']') : header.replace(/:\d+$/, '')
}
