import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Picture } from '../../control/admin-options.ts'
import { TickswapError } from '../../errors.ts'
import type { EngineView } from '../engine-view.ts'
import { healthOf } from '../health.ts'
import { OPERATIONS, type OperationName, type Params, perform } from '../operations.ts'
import type { EventStream } from './events.ts'
import type { Guard } from './guard.ts'
import * as schemas from './schemas.ts'

/** What the routes are made of. */
export interface Admin {
  readonly view: EngineView
  readonly guard: Guard
  readonly events: EventStream
  readonly version: string
  readonly picture: Picture | undefined
  /** the metrics, as Prometheus reads them */
  metrics(): Promise<string>
}

interface Route {
  readonly method: 'GET' | 'POST'
  readonly url: string
  /** reading it takes the token too */
  readonly isPrivate?: true
  readonly operation: OperationName
  /** parameters in the path, which the operation takes under another name */
  readonly path?: Record<string, string>
  readonly answer: object
}

const ROUTES: readonly Route[] = [
  { method: 'GET', url: '/api/units', operation: 'units', answer: schemas.UNITS },
  { method: 'GET', url: '/api/participants', operation: 'participants', answer: schemas.PARTICIPANTS },
  { method: 'GET', url: '/api/swaps', operation: 'swaps', answer: schemas.REPORTS },
  { method: 'GET', url: '/api/alerts', operation: 'alerts', answer: schemas.ALERTS },
  { method: 'GET', url: '/api/warnings', operation: 'warnings', answer: schemas.WARNINGS },
  { method: 'GET', url: '/api/quarantine', operation: 'quarantine', answer: schemas.QUARANTINE },
  { method: 'GET', url: '/api/backups', operation: 'backups', answer: schemas.BACKUPS },
  { method: 'GET', url: '/api/vitals', operation: 'vitals', answer: schemas.VITALS },
  { method: 'GET', url: '/api/diagnostics', operation: 'diagnostics', answer: schemas.DIAGNOSTICS },
  {
    method: 'GET',
    url: '/api/units/:name/sources/:version',
    operation: 'sources',
    path: { name: 'unit', version: 'version' },
    isPrivate: true,
    answer: schemas.SOURCES,
  },
  {
    method: 'GET',
    url: '/api/units/:name/history',
    operation: 'history',
    path: { name: 'unit' },
    answer: schemas.HISTORY,
  },
  {
    method: 'POST',
    url: '/api/units/:name/swap',
    operation: 'swap',
    path: { name: 'units' },
    answer: schemas.REPORT,
  },
  {
    method: 'POST',
    url: '/api/units/:name/rollback',
    operation: 'rollback',
    path: { name: 'unit' },
    answer: schemas.REPORT,
  },
  {
    method: 'POST',
    url: '/api/units/:name/confirm',
    operation: 'confirm',
    path: { name: 'swap' },
    answer: schemas.CONFIRMED,
  },
  {
    method: 'POST',
    url: '/api/units/:name/quarantine/lift',
    operation: 'lift',
    path: { name: 'what' },
    answer: schemas.LIFTED,
  },
]

const NAME = { type: 'string', minLength: 1, maxLength: 256 }
const PROBLEMS = { '4xx': schemas.PROBLEM, '5xx': schemas.PROBLEM }
/** of requests that change something, per address */
export const RATE = { max: 30, timeWindow: 10_000 }

export function addRoutes(app: FastifyInstance, admin: Admin): void {
  for (const route of ROUTES) addRoute(app, admin, route)
  addHealth(app, admin)
  addMetrics(app, admin)
  addEvents(app, admin)
  addPicture(app, admin)
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** Answers every other method of a way in with 405, and says which there are. No page elsewhere is let in by OPTIONS. */
export function refuseOthers(app: FastifyInstance, url: string, allowed: readonly string[]): void {
  const refuse = async ({ method }: FastifyRequest, reply: FastifyReply) => {
    reply.header('allow', allowed.join(', '))
    throw Object.assign(new Error(`${url} does not take ${method}`), { statusCode: 405 })
  }
  app.route({
    method: METHODS.filter((method) => !allowed.includes(method)),
    url,
    schema: { hide: true },
    exposeHeadRoute: false,
    onRequest: refuse,
    handler: refuse,
  })
}

function addRoute(app: FastifyInstance, { view, guard }: Admin, route: Route): void {
  const { method, url, operation, path = {}, answer } = route
  const { properties } = OPERATIONS[operation].params
  const own = Object.entries(properties).filter(([name]) => !Object.values(path).includes(name))
  const rest = { type: 'object', properties: Object.fromEntries(own), additionalProperties: false }
  const names = Object.fromEntries(Object.keys(path).map((name) => [name, NAME]))
  const needsToken = method === 'POST' || route.isPrivate
  app.route({
    method,
    url,
    schema: {
      summary: OPERATIONS[operation].summary,
      ...(Object.keys(names).length > 0 && { params: { type: 'object', properties: names } }),
      ...(method === 'GET' ? { querystring: rest } : { body: { ...rest, nullable: true } }),
      ...(needsToken && { security: [{ token: [] }] }),
      response: { 200: answer, ...PROBLEMS },
    },
    ...(method === 'POST' && { config: { rateLimit: RATE } }),
    ...(needsToken && { onRequest: async (request: FastifyRequest) => guard.authorize(request) }),
    handler: (request) => perform(view, operation, paramsOf(request, operation, path), request.ip),
  })
  refuseOthers(app, url, method === 'GET' ? ['GET', 'HEAD'] : ['POST'])
}

/** The operation's parameters out of path, query and body. */
function paramsOf(request: FastifyRequest, operation: OperationName, path: Record<string, string>): Params {
  const params: Record<string, unknown> = {
    ...(request.query as object),
    ...((request.body as object | null) ?? {}),
  }
  for (const [name, value] of Object.entries(request.params as Record<string, string>)) {
    const key = path[name]!
    const { properties } = OPERATIONS[operation].params as { properties: Record<string, { type?: string }> }
    params[key] = properties[key]?.type === 'array' ? [value] : value
  }
  return params
}

function addHealth(app: FastifyInstance, { view, version }: Admin): void {
  app.get('/health', {
    config: { isOpen: true },
    schema: { summary: OPERATIONS.health.summary, response: { 200: schemas.HEALTH, 503: schemas.HEALTH } },
    handler: async (_, reply) => {
      const health = await healthOf(view)
      return reply.code(health.status === 'critical' ? 503 : 200).send({ ...health, version })
    },
  })
  refuseOthers(app, '/health', ['GET', 'HEAD'])
}

function addMetrics(app: FastifyInstance, { metrics }: Admin): void {
  app.get('/metrics', {
    schema: { summary: 'metrics in the text format of Prometheus', produces: ['text/plain'] },
    handler: async (_, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()),
  })
  refuseOthers(app, '/metrics', ['GET', 'HEAD'])
}

function addEvents(app: FastifyInstance, { events }: Admin): void {
  refuseOthers(app, '/api/events', ['GET'])
  app.get('/api/events', {
    exposeHeadRoute: false,
    schema: {
      summary:
        'server-sent events: swap, reject, rollback, permanent, warning, alert, progress; with ?pace=1 also pace',
      querystring: {
        type: 'object',
        properties: { pace: { type: 'string', enum: ['0', '1'] } },
        additionalProperties: false,
      },
      produces: ['text/event-stream'],
    },
    handler: (request, reply) => {
      if (events.isFull) throw new TickswapError('TICKSWAP_E_RATE', 'too many clients listen already')
      const since = Number(request.headers['last-event-id'] ?? Number.NaN)
      reply.hijack()
      events.add(reply.raw, {
        since: Number.isSafeInteger(since) ? since : undefined,
        wantsPace: (request.query as { pace?: string }).pace === '1',
      })
    },
  })
}

function addPicture(app: FastifyInstance, { picture }: Admin): void {
  const pixels = picture && new Uint8Array(picture.pixels, 0, picture.width * picture.height * 4)
  refuseOthers(app, '/api/picture', ['GET', 'HEAD'])
  app.get('/api/picture', {
    schema: {
      summary: 'what the engine paints: 4 bytes a pixel, its size in the headers x-width and x-height',
      produces: ['application/octet-stream'],
      response: { 204: { type: 'null', description: 'the engine paints nothing' } },
    },
    handler: async (_, reply) => {
      if (!picture || !pixels) return reply.code(204).send()
      reply.headers({ 'x-width': picture.width, 'x-height': picture.height })
      // A copy: what is being sent must not change, and shared memory cannot be sent.
      return reply.type('application/octet-stream').send(Buffer.from(pixels))
    },
  })
}
