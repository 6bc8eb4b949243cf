import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { serve, TOKEN } from './engine.ts'

/** Sends bytes, and gives all that comes back until the other side ends. */
async function raw(base: string, ...chunks: string[]): Promise<string> {
  const socket = connect(Number(new URL(base).port), '127.0.0.1')
  let answer = ''
  socket.on('data', (data) => {
    answer += data
  })
  socket.on('error', () => {})
  for (const chunk of chunks) socket.write(chunk)
  await once(socket, 'close')
  return answer
}

const problemIn = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))

test('a way in takes its own methods and says so of all others; no page elsewhere is let in', async () => {
  const engine = await serve()
  for (const [path, allowed] of [
    ['/api/units', 'GET, HEAD'],
    ['/api/units/clock/rollback', 'POST'],
    ['/api/events', 'GET'],
    ['/health', 'GET, HEAD'],
    ['/', 'GET, HEAD'],
    ['/openapi.json', 'GET, HEAD'],
  ] as const)
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      if (allowed.split(', ').includes(method)) continue
      const headers = { origin: 'http://evil.example', 'access-control-request-method': 'POST' }
      const response = await fetch(engine.base + path, { method, headers })
      expect([path, method, response.status]).toEqual([path, method, 405])
      expect(response.headers.get('allow')).toBe(allowed)
      for (const [name] of response.headers) expect(name).not.toMatch(/^access-control/)
      if (method !== 'HEAD')
        expect(await response.json()).toMatchObject({ status: 405, code: 'TICKSWAP_E_REQUEST' })
    }
  const head = await fetch(`${engine.base}/api/units`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
})

test('who guesses tokens is turned away for a while, and a right one counts again afterwards', async () => {
  const engine = await serve()
  const guess = (token: string) =>
    engine.post('/api/units/clock/confirm', undefined, { authorization: `Bearer ${token}` })
  const counts: Record<number, number> = {}
  for (let i = 0; i < 30; i++) {
    const { status } = await guess(`guess-${i}`)
    counts[status] = (counts[status] ?? 0) + 1
  }
  expect(counts[401]).toBe(20)
  // Of those beyond it, some may meet the limit of changes first.
  expect(counts[429]).toBe(10)
  expect((await guess(TOKEN)).status).toBe(429)
  expect((await engine.get('/api/units')).status).toBe(200)
})

test('where others can reach it, everything but the page and health takes the token', async () => {
  const engine = await serve({ admin: { port: 0, host: '0.0.0.0', token: TOKEN } })
  const { port } = new URL(engine.base)
  const get = async (path: string, headers = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
    await response.body?.cancel()
    return response.status
  }
  for (const path of ['/', '/main.js', '/style.css', '/health'])
    expect([path, await get(path)]).toEqual([path, 200])
  for (const path of ['/api/units', '/api/events', '/metrics', '/openapi.json', '/api/picture']) {
    expect([path, await get(path)]).toEqual([path, 401])
    expect(await get(path, { authorization: `Bearer ${TOKEN}` })).toBeLessThan(300)
  }
})

test('requests one after the other on a connection are answered in order; what is ambiguous is refused', async () => {
  const engine = await serve()
  const ask = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${more}\r\n`
  const three = await raw(
    engine.base,
    ask('/health') + ask('/nowhere') + ask('/health', 'connection: close\r\n'),
  )
  expect(three.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200'])
  const hidden = ask('/api/swaps')
  const post = 'POST /api/units/clock/swap HTTP/1.1\r\nhost: 127.0.0.1\r\n'
  for (const smuggled of [
    `${post}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    `${post}content-length: 4\r\ncontent-length: 40\r\n\r\nnull${hidden}`,
    `${post}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`,
    `${post}transfer-encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`,
    'no request at all\r\n\r\n',
    `GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-long: ${'x'.repeat(100_000)}\r\n\r\n`,
  ]) {
    const answer = await raw(engine.base, smuggled)
    // One answer, and it is no: the second request was never seen as one.
    expect(answer.match(/HTTP\/1\.1 4\d\d/g)).toHaveLength(1)
    expect(problemIn(answer)).toMatchObject({ code: 'TICKSWAP_E_REQUEST' })
  }
})

test('clients that send a byte now and then are let go of, and others are answered meanwhile', async () => {
  const engine = await serve()
  const { port } = new URL(engine.base)
  const slow = Array.from({ length: 50 }, () => {
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => {}).resume()
    socket.write('GET /api/units HTTP/1.1\r\n')
    const timer = setInterval(() => socket.write('x-slow: 1\r\n'), 250)
    return once(socket, 'close').finally(() => clearInterval(timer))
  })
  const from = performance.now()
  expect((await engine.get('/api/units')).status).toBe(200)
  await Promise.all(slow)
  expect(performance.now() - from).toBeLessThan(25_000)
}, 40_000)
