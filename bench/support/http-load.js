/**
 * The other side of admin.load, in a process of its own: asks at a steady pace, and holds event
 * streams open. What it is to do comes as messages; it answers each with what it saw.
 */
import { Agent, get } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: 32 })
const TURN_MS = 4

process.on('message', async ({ task, ...options }) => process.send(await TASKS[task](options)))

const TASKS = { ask, listen }

/** Asks `perSecond` times a second for `seconds`. Times are milliseconds from asking to the last byte. */
async function ask({ url, perSecond, seconds }) {
  const times = []
  let asked = 0
  let failed = 0
  const from = performance.now()
  const pending = new Set()
  for (;;) {
    const elapsed = performance.now() - from
    if (elapsed > seconds * 1000) break
    for (; asked < (elapsed / 1000) * perSecond; asked++) {
      const one = fetchOnce(url).then(
        (ms) => times.push(ms),
        () => failed++,
      )
      pending.add(one)
      one.finally(() => pending.delete(one))
    }
    await new Promise((resolve) => setTimeout(resolve, TURN_MS))
  }
  await Promise.all(pending)
  return { times, asked, failed, perSecond: times.length / ((performance.now() - from) / 1000) }
}

function fetchOnce(url) {
  const from = performance.now()
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, timeout: 5000 }, (response) => {
      response.resume()
      response.once('end', () =>
        response.statusCode === 200 ? resolve(performance.now() - from) : reject(new Error('status')),
      )
    })
    request.once('error', reject)
    request.once('timeout', () => request.destroy(new Error('timeout')))
  })
}

/** Opens `clients` event streams; answers when all of them have heard `event`, or after `patienceMs`. */
async function listen({ url, clients, event, patienceMs }) {
  let heard = 0
  const requests = []
  let all
  const done = new Promise((resolve) => {
    all = resolve
  })
  const own = new Agent({ maxSockets: Number.POSITIVE_INFINITY })
  let open = 0
  for (let i = 0; i < clients; i++)
    requests.push(
      get(url, { agent: own }, (response) => {
        let text = ''
        if (++open === clients) process.send({ open })
        response.on('data', function take(data) {
          text += data
          if (!text.includes(`event: ${event}`)) return
          response.off('data', take)
          response.resume()
          if (++heard === clients) all()
        })
      }).on('error', () => {}),
    )
  await Promise.race([done, new Promise((resolve) => setTimeout(resolve, patienceMs))])
  for (const request of requests) request.destroy()
  return { heard, open }
}
