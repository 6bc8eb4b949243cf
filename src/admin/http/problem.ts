import type { Socket } from 'node:net'
import type { FastifyReply } from 'fastify'
import { ADVICE, type ErrorCode, type Finding, findingOf, TickswapError } from '../../errors.ts'

/** A problem document: RFC 9457, with the code and advice of TickswapError. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode
  readonly advice: string
}

/** Codes that are the client's fault, and what that is in HTTP; all others are 500. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  TICKSWAP_E_REQUEST: 400,
  TICKSWAP_E_VERSION_INVALID: 400,
  TICKSWAP_E_CONSTRAINT_INVALID: 400,
  TICKSWAP_E_TOKEN: 401,
  TICKSWAP_E_ORIGIN: 403,
  TICKSWAP_E_UNIT_UNKNOWN: 404,
  TICKSWAP_E_NO_SUCH_VERSION: 404,
  TICKSWAP_E_NOT_WAITING: 409,
  TICKSWAP_E_RATE: 429,
  TICKSWAP_E_CLOSED: 503,
}

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

export function problemOf(error: unknown): Problem {
  if (error instanceof TickswapError) return problem(STATUS[error.code] ?? 500, error.finding)
  const { statusCode: status, message } = error as { statusCode?: number; message?: string }
  if (status !== undefined && status >= 400 && status < 500)
    return problem(status, { code: 'TICKSWAP_E_REQUEST', message: message ?? 'the request is wrong' })
  return problem(500, findingOf(error))
}

function problem(status: number, { code, message }: Pick<Finding, 'code' | 'message'>): Problem {
  const title = TITLES[status] ?? 'Error'
  return { type: 'about:blank', title, status, detail: message, code, advice: ADVICE[code] }
}

export function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const document = problemOf(error)
  if (document.status === 401) reply.header('www-authenticate', 'Bearer realm="tickswap"')
  // Sent as text: an error must not depend on a serializer.
  return reply.code(document.status).type('application/problem+json').send(JSON.stringify(document))
}

/** What node's parser refuses before there is a request: its codes, and what they are in HTTP. */
const PARSER_STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** Answers bytes that are no request, or come too slowly, and ends the connection. */
export function refuseBytes(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const status = PARSER_STATUS[error.code ?? ''] ?? 400
  const document = problem(status, {
    code: 'TICKSWAP_E_REQUEST',
    message: `no HTTP request: ${error.message}`,
  })
  const body = JSON.stringify(document)
  const head = [
    `HTTP/1.1 ${status} ${document.title}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  // Without waiting for the other side, which may never end.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
