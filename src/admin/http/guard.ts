import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { TickswapError } from '../../errors.ts'

const TOKEN_BYTES = 32
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1', '[::1]'])

export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url')
export const isLoopback = (host: string): boolean => LOOPBACK.has(host)

/** Who may ask for what. */
export class Guard {
  readonly #digest: Buffer
  readonly #isLocal: boolean

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

  /** For what changes something. @throws TickswapError ORIGIN, TOKEN */
  authorize(request: FastifyRequest): void {
    const { origin, host } = request.headers
    if (origin !== undefined && origin !== `http://${host}`)
      throw new TickswapError('TICKSWAP_E_ORIGIN', `a page of ${JSON.stringify(origin)} may not do this`)
    const given = /^Bearer (\S{1,512})$/.exec(request.headers.authorization ?? '')?.[1]
    // Digests have one length, and comparing them takes one time, whatever was given.
    if (given === undefined || !timingSafeEqual(digest(given), this.#digest))
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
