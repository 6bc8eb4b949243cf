import type { AddressInfo } from 'node:net'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'
import { TickswapError } from '../../errors.ts'
import { EventStream } from './events.ts'
import { addPage } from './page.ts'
import { refuseBytes, sendProblem } from './problem.ts'
import { type Admin, addRoutes, refuseOthers } from './routes.ts'

const MOST_BODY_BYTES = 16 * 1024
/** A client that takes longer to send its headers, or its body, is let go. */
const HEADERS_MS = 5000
const REQUEST_MS = 10_000
const LOOK_MS = 1000
/** Event streams, and as many again. */
const MOST_CONNECTIONS = 4096

export interface HttpOptions extends Omit<Admin, 'events'> {
  readonly port: number
  readonly host: string
}

export interface HttpServer {
  /** the port it listens at; another than asked for when that was 0 */
  readonly port: number
  readonly events: EventStream
  close(): Promise<void>
}

/** Opens the HTTP interface. @throws TickswapError ADMIN */
export async function openHttp(options: HttpOptions): Promise<HttpServer> {
  const events = new EventStream(options.view)
  const app = await build({ ...options, events })
  try {
    await app.listen({ port: options.port, host: options.host })
  } catch (error) {
    events.close()
    const message = `the HTTP interface cannot listen at ${options.host}:${options.port}: ${(error as Error).message}`
    throw new TickswapError('TICKSWAP_E_ADMIN', message)
  }
  return {
    port: (app.server.address() as AddressInfo).port,
    events,
    close: async () => {
      events.close()
      await app.close()
    },
  }
}

async function build(admin: Admin): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    bodyLimit: MOST_BODY_BYTES,
    requestTimeout: REQUEST_MS,
    http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: LOOK_MS },
    clientErrorHandler: refuseBytes,
    frameworkErrors: (error, _, reply) => void sendProblem(reply, error),
    forceCloseConnections: true,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true } },
    routerOptions: { maxParamLength: 256 },
  })
  app.server.maxConnections = MOST_CONNECTIONS
  app.removeContentTypeParser('text/plain')
  app.setErrorHandler((error, _, reply) => sendProblem(reply, error))
  app.setNotFoundHandler((request, reply) => {
    const message = `there is no ${request.method} ${request.url.slice(0, 256)}`
    sendProblem(reply, Object.assign(new Error(message), { statusCode: 404 }))
  })
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SAFE_HEADERS)
    if (!(request.routeOptions.config as { isOpen?: boolean }).isOpen) admin.guard.admit(request)
  })
  await app.register(swagger, { openapi: documentOf(admin) })
  await app.register(rateLimit, {
    global: false,
    errorResponseBuilder: (_, { after }) =>
      new TickswapError('TICKSWAP_E_RATE', `too many requests that change something; try again in ${after}`),
  })
  addRoutes(app, admin)
  addPage(app)
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  refuseOthers(app, '/openapi.json', ['GET', 'HEAD'])
  return app
}

const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

const documentOf = ({ version }: Admin) => ({
  openapi: '3.0.3' as const,
  info: { title: 'tickswap', description: 'A running engine: what runs where, and going back.', version },
  components: { securitySchemes: { token: { type: 'http' as const, scheme: 'bearer' } } },
})
