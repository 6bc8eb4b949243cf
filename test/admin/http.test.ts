import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { Validator } from '@seriousme/openapi-schema-validator'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRuntime } from '../../dist/index.js'
import { clock, type Served, serve, TOKEN } from './engine.ts'

const version = async ({ get }: Served): Promise<string> =>
  ((await (await get('/api/units')).json()) as { version: string }[])[0]!.version

test('units, participants, swaps, history and metrics tell of a change', async () => {
  const engine = await serve()
  expect(await version(engine)).toBe('1.0.0')
  engine.save(clock('1.1.0', 2))
  await engine.until(async () => (await version(engine)) === '1.1.0', 'the new version')
  const swaps = async () => (await (await engine.get('/api/swaps')).json()) as { outcome: string }[]
  await engine.until(async () => (await swaps())[0]?.outcome === 'permanent', 'the end of probation')
  const history = await (await engine.get('/api/units/clock/history')).json()
  expect(history).toMatchObject([{ outcome: 'boot' }, { outcome: 'committed' }, { outcome: 'permanent' }])
  const participants = async () =>
    (await (await engine.get('/api/participants')).json()) as { interval?: { median: number } }[]
  await engine.until(async () => (await participants())[0]?.interval !== undefined, 'times between ticks')
  expect(await participants()).toMatchObject([
    { name: 'main', state: 'ticking', interval: { median: expect.any(Number) } },
  ])
  let metrics = ''
  const isTimed = async () => {
    metrics = await (await engine.get('/metrics')).text()
    return /tickswap_tick_interval_seconds_count\{participant="main"\} [1-9]/.test(metrics)
  }
  await engine.until(isTimed, 'times between ticks')
  expect(metrics).toContain('tickswap_swaps_total{outcome="permanent"} 1')
  expect(metrics).toMatch(/tickswap_unit_info\{unit="clock",version="1\.1\.0",hash="[0-9a-f]{16}"\} 1/)
  const registry = (name: string) =>
    Number(new RegExp(`^tickswap_registry_${name} (\\d+)$`, 'm').exec(metrics)?.[1])
  const { registry: known } = engine.runtime.diagnostics()
  expect(registry('generations_total')).toBe(known.generation)
  expect(registry('registered_total')).toBe(2)
  expect(registry('versions')).toBe(2)
  expect(registry('reclaimable')).toBe(known.reclaimable)
  expect(registry('bytes')).toBe(known.bytes)
  for (const name of ['growths_total', 'refused_total']) expect(registry(name)).toBe(0)
})

test('going back takes a token, and happens', async () => {
  const engine = await serve()
  engine.save(clock('1.1.0', 2))
  await engine.until(async () => (await version(engine)) === '1.1.0', 'the new version')
  const kept = async () => (await (await engine.get('/api/backups')).json()) as unknown[]
  await engine.until(async () => (await kept()).length === 1, 'the backup')
  expect(await kept()).toMatchObject([{ units: [{ unit: 'clock', version: '1.0.0' }], storedBytes: 0 }])
  const back = '/api/units/clock/rollback'
  for (const authorization of ['', 'Bearer wrong', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`]) {
    const refused = await engine.post(back, undefined, { authorization })
    expect(refused.status).toBe(401)
    expect(refused.headers.get('content-type')).toContain('application/problem+json')
    expect(await refused.json()).toMatchObject({ code: 'TICKSWAP_E_TOKEN', advice: expect.any(String) })
  }
  expect(await version(engine)).toBe('1.1.0')
  const done = await engine.post(back, { to: '1.0.0', state: 'replay' })
  const report = (await done.json()) as { findings: { code: string }[] }
  expect(report).toMatchObject({ outcome: 'committed', units: [{ from: '1.1.0', to: '1.0.0' }] })
  // The clock does not say that it is deterministic.
  expect(report.findings.map(({ code }) => code)).toContain('TICKSWAP_E_REPLAY_LOG')
  expect(await version(engine)).toBe('1.0.0')
})

test('pages of other sites change nothing and read nothing', async () => {
  const engine = await serve()
  const post = await engine.post('/api/units/clock/swap', undefined, { origin: 'http://evil.example' })
  expect(post.status).toBe(403)
  const rebound = await new Promise<number>((resolve) => {
    const { port } = new URL(engine.base)
    request({ port, path: '/api/units', headers: { host: 'evil.example' } }, (response) => {
      response.resume()
      resolve(response.statusCode!)
    }).end()
  })
  expect(rebound).toBe(403)
  const own = await engine.post('/api/units/clock/swap', undefined, { origin: engine.base })
  expect(own.status).toBe(200)
})

test('what is wrong with a request is a problem document, and nothing changes', async () => {
  const engine = await serve()
  const back = '/api/units/clock/rollback'
  const cases: [number, Response][] = [
    [400, await engine.post(back, '{"to":')],
    [400, await engine.post(back, { to: 7, more: true })],
    [400, await engine.post(back, { to: 'one' })],
    [400, await engine.post(back, { state: 'somehow' })],
    [404, await engine.post(back, { to: '9.9.9' })],
    [404, await engine.post('/api/units/nobody/swap')],
    [413, await engine.post(back, { to: 'x'.repeat(100_000) })],
    [415, await engine.post(back, 'to=1', { 'content-type': 'text/plain' })],
    [404, await engine.get('/api/units/%2e%2e%2f%2e%2e%2fetc%2fpasswd/history')],
    [404, await engine.get('/../../package.json')],
    [404, await engine.get('/style.css/../main.ts')],
    [400, await engine.get('/api/swaps?limit=many')],
    [400, await engine.get('/api/swaps?limit=0')],
  ]
  for (const [status, response] of cases) {
    const problem = (await response.json()) as { status: number; code: string }
    expect([response.url, response.status, problem.status]).toEqual([response.url, status, status])
    expect(problem.code).toMatch(/^TICKSWAP_E_/)
  }
  expect(await version(engine)).toBe('1.0.0')
})

test('a thousand rollbacks at once are turned away, all but a few, and the engine goes on', async () => {
  const engine = await serve()
  const before = engine.runtime.ticks
  const answers = await Promise.all(
    Array.from({ length: 1000 }, () => engine.post('/api/units/clock/rollback')),
  )
  const counts = new Map<number, number>()
  for (const { status, headers } of answers) {
    counts.set(status, (counts.get(status) ?? 0) + 1)
    if (status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  }
  // There is nothing to go back to: those that are let through are told so.
  expect([...counts.keys()].sort()).toEqual([404, 429])
  expect(counts.get(404)).toBeLessThanOrEqual(60)
  expect(engine.runtime.ticks).toBeGreaterThan(before)
  expect(await version(engine)).toBe('1.0.0')
})

test('events arrive as they happen, and those that were missed are sent again', async () => {
  const engine = await serve()
  const stream = await engine.get('/api/events')
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader()
  let heard = ''
  const listen = async (what: string) => {
    while (!heard.includes(what)) {
      const { value, done } = await reader.read()
      if (done) throw new Error(`the stream ended before ${what}`)
      heard += value
    }
  }
  engine.save(clock('1.1.0', 2))
  await listen('event: permanent')
  expect(heard).toContain('event: swap')
  await reader.cancel()
  const first = Number(heard.match(/id: (\d+)\nevent: swap/)![1])
  const again = await engine.get('/api/events', { 'last-event-id': String(first) })
  const reader2 = again.body!.pipeThrough(new TextDecoderStream()).getReader()
  let missed = ''
  while (!missed.includes('event: permanent')) missed += (await reader2.read()).value
  expect(missed).not.toContain('event: swap')
  await reader2.cancel()
})

test('a client that never reads is dropped; the engine does not notice', async () => {
  const engine = await serve()
  const { port } = new URL(engine.base)
  const idle = connect(Number(port), '127.0.0.1')
  idle.on('error', () => {})
  idle.pause()
  idle.write('GET /api/events?pace=1 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
  await once(idle, 'connect')
  // Refused edits with long messages fill the buffers faster than the pace does.
  const long = `throw new Error('${'x'.repeat(100_000)}')`
  let saves = 0
  const dropped = async () =>
    /tickswap_event_clients_dropped_total [1-9]/.test(await (await engine.get('/metrics')).text())
  await engine.until(async () => {
    if (saves < 80) engine.save(`${clock('1.0.0')}\n${long} // ${saves++}`)
    return dropped()
  }, 'the client to be dropped')
  idle.destroy()
  expect(await version(engine)).toBe('1.0.0')
}, 20_000)

test('headers cannot be injected, and half a request holds nobody up', async () => {
  const engine = await serve()
  const { port } = new URL(engine.base)
  const half = connect(Number(port), '127.0.0.1')
  half.on('error', () => {})
  half.write('POST /api/units/clock/rollback HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 10000\r\n\r\n{')
  const injected = await engine.get('/api/units/x%0d%0aset-cookie:%20a=b/history')
  expect(injected.headers.get('set-cookie')).toBeNull()
  expect(injected.status).toBe(404)
  expect(await version(engine)).toBe('1.0.0')
  half.destroy()
})

test('the OpenAPI document is valid, and names every way in', async () => {
  const engine = await serve()
  const document = await (await engine.get('/openapi.json')).json()
  const { valid, errors } = await new Validator().validate(document as Record<string, unknown>)
  expect(errors ?? []).toEqual([])
  expect(valid).toBe(true)
  expect(Object.keys((document as { paths: object }).paths).sort()).toEqual([
    '/api/alerts',
    '/api/backups',
    '/api/diagnostics',
    '/api/events',
    '/api/participants',
    '/api/picture',
    '/api/quarantine',
    '/api/swaps',
    '/api/units',
    '/api/units/{name}/confirm',
    '/api/units/{name}/history',
    '/api/units/{name}/quarantine/lift',
    '/api/units/{name}/rollback',
    '/api/units/{name}/sources/{version}',
    '/api/units/{name}/swap',
    '/api/vitals',
    '/api/warnings',
    '/health',
    '/metrics',
  ])
})

test('nothing that the OpenAPI document allows, and little that it does not, upsets the engine', async () => {
  const engine = await serve()
  const document = (await (await engine.get('/openapi.json')).json()) as {
    paths: Record<string, Record<string, object>>
  }
  const ways = Object.entries(document.paths).flatMap(([path, methods]) =>
    path === '/api/events' ? [] : Object.keys(methods).map((method) => ({ path, method })),
  )
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('clock', '..', '%00', "'--"),
  )
  const asked = fc.record({
    way: fc.constantFrom(...ways),
    name: text,
    query: fc.dictionary(text, text, { maxKeys: 3 }),
    body: fc.oneof(
      fc.json(),
      text,
      fc.record({ to: fc.oneof(text, fc.integer()) }).map((x) => JSON.stringify(x)),
      fc.record({ strategy: text, confirmMs: fc.integer() }).map((x) => JSON.stringify(x)),
      fc.constant(JSON.stringify({ strategy: 'dry-run' })),
    ),
    authorization: fc.constantFrom(`Bearer ${TOKEN}`, 'Bearer x', ''),
  })
  const one = async ({
    way,
    name,
    query,
    body,
    authorization,
  }: typeof asked extends fc.Arbitrary<infer T> ? T : never) => {
    const filler = encodeURIComponent(name.toWellFormed()) || 'x'
    const path = way.path.replace(/\{\w+\}/g, filler)
    const search = new URLSearchParams(query).toString()
    const method = way.method.toUpperCase()
    const response = await fetch(`${engine.base}${path}${search ? `?${search}` : ''}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(method === 'POST' && { body }),
    })
    await response.arrayBuffer()
    // On a machine that is busy the engine may stand still for a second, and its health says so.
    if (way.path !== '/health') expect(response.status).toBeLessThan(500)
  }
  await fc.assert(fc.asyncProperty(asked, one), { numRuns: 300 })
  expect(await version(engine)).toBe('1.0.0')
})

test('a port that is taken is an error at the start', async () => {
  const engine = await serve()
  const port = Number(new URL(engine.base).port)
  await expect(createRuntime({ units: engine.folder, admin: { port, token: TOKEN } })).rejects.toMatchObject({
    code: 'TICKSWAP_E_ADMIN',
  })
  for (const admin of [-1, 1.5, 70_000, 'x', { port: 0, token: 'short' }, { port: 0, host: '' }])
    await expect(createRuntime({ units: engine.folder, admin: admin as number })).rejects.toMatchObject({
      code: 'TICKSWAP_E_OPTION',
    })
})

test('health says when nobody ticks, and when the runtime is gone nobody answers', async () => {
  const engine = await serve()
  const health = async () =>
    (await (await engine.get('/health')).json()) as { status: string; reasons: string[] }
  await engine.until(async () => (await health()).status === 'healthy', 'health')
  engine.save(clock('1.1.0', 1, "throw new Error('bad')"))
  await engine.until(
    async () => (await health()).reasons.join().includes('rolled back'),
    'a rollback to be told',
  )
  expect((await health()).status).toBe('degraded')
  await engine.runtime.close()
  await expect(engine.get('/health')).rejects.toThrow()
})
