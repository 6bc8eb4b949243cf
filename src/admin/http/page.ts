import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { refuseOthers } from './routes.ts'

const FOLDER = new URL('../page/', import.meta.url)
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
}

/** Serves the page from memory: the files are few, and no path of a request ever reaches the disk. */
export function addPage(app: FastifyInstance): void {
  for (const name of readdirSync(FOLDER)) {
    const type = TYPES[extname(name)]
    if (type === undefined) continue
    const text = readFileSync(new URL(name, FOLDER))
    const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
    const url = name === 'index.html' ? '/' : `/${name}`
    refuseOthers(app, url, ['GET', 'HEAD'])
    // It holds nothing of the engine, and a browser cannot send the token before it has the page.
    const open = { config: { isOpen: true }, schema: { hide: true } }
    app.get(url, open, (request, reply) => {
      reply.header('etag', etag).header('cache-control', 'no-cache')
      if (request.headers['if-none-match'] === etag) return reply.code(304).send()
      return reply.type(type).send(text)
    })
  }
}
