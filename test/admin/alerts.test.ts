import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { clock, serve, TOKEN } from './engine.ts'

const SECRET = 'a-shared-secret-for-tests'

interface Received {
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A receiver that fails its first `failures` deliveries. */
async function receiver(
  failures: number,
): Promise<{ url: string; attempts: () => number; received: Received[] }> {
  const received: Received[] = []
  let attempts = 0
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (data) => {
      body += data
    })
    request.on('end', () => {
      response.statusCode = ++attempts <= failures ? 503 : 204
      if (response.statusCode === 204) received.push({ headers: request.headers, body })
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    attempts: () => attempts,
    received,
  }
}

const bad = (n: number) => clock('1.1.0', n, "throw new Error('bad step')")
const alertsOf = async (get: (path: string) => Promise<Response>) =>
  (await (await get('/api/alerts')).json()) as { rule: string; severity: string }[]

test('a rollback raises an alert, which a webhook gets, signed, also when it fails at first', async () => {
  const { url, attempts, received } = await receiver(1)
  const engine = await serve({ admin: { port: 0, token: TOKEN, webhooks: [{ url, secret: SECRET }] } })
  engine.save(bad(1))
  await engine.until(async () => (await alertsOf(engine.get)).length > 0, 'an alert')
  expect(await alertsOf(engine.get)).toMatchObject([{ rule: 'rollback', severity: 'high', subject: 'clock' }])
  await engine.until(() => received.length > 0, 'the delivery')
  expect(attempts()).toBe(2)
  const { headers, body } = received[0]!
  expect(JSON.parse(body)).toMatchObject({ rule: 'rollback', message: expect.stringContaining('bad step') })
  const signed = `${headers['x-tickswap-timestamp']}.${body}`
  const signature = createHmac('sha256', SECRET).update(signed).digest('hex')
  expect(headers['x-tickswap-signature']).toBe(`sha256=${signature}`)
  const metrics = await (await engine.get('/metrics')).text()
  expect(metrics).toContain('tickswap_alerts_total{rule="rollback",severity="high"} 1')
  expect(metrics).toContain('tickswap_webhook_deliveries_total{outcome="delivered"} 1')
  expect(metrics).toMatch(/tickswap_rollbacks_total\{trigger="exception"\} 1/)
})

test('a unit that is rolled back again and again is flapping: said once, and critical', async () => {
  const engine = await serve()
  for (let n = 1; n <= 4; n++) {
    const count = async () => {
      const swaps = (await (await engine.get('/api/swaps')).json()) as { outcome: string }[]
      return swaps.filter(({ outcome }) => outcome === 'rolled-back').length
    }
    engine.save(bad(n))
    await engine.until(async () => (await count()) === n, `rollback ${n}`)
  }
  const rules = (await alertsOf(engine.get)).map(({ rule, severity }) => `${rule} ${severity}`)
  expect(rules.sort()).toEqual(['flapping critical', 'rollback high'])
})

test('the log has a line for each thing that happened, and no secret', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tickswap-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'logs', 'engine.log')
  const engine = await serve({ log: { level: 'info', file } })
  engine.save(bad(1))
  await engine.until(async () => (await alertsOf(engine.get)).length > 0, 'an alert')
  await engine.post('/api/units/clock/rollback', { to: '9.9.9' })
  await engine.runtime.close()
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  const entries = lines.map((line) => JSON.parse(line) as { level: number; msg: string })
  expect(entries).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ msg: expect.stringMatching(/^swap \d+: committed/), level: 30 }),
      expect.objectContaining({ msg: expect.stringMatching(/^swap \d+: rolled-back/), level: 50 }),
      expect.objectContaining({
        operation: 'rollback',
        params: { unit: 'clock', to: '9.9.9' },
        from: '127.0.0.1',
      }),
      expect.objectContaining({ alert: expect.objectContaining({ rule: 'rollback' }) }),
    ]),
  )
  expect(lines.join()).not.toContain(TOKEN)
})
