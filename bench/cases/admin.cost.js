import { trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { Fleet } from '../support/fleet.js'
import { folder } from '../support/scratch.js'
import { floatColumns, unitSource } from '../support/source.js'
import { against, median } from '../support/stats.js'

export const name = 'admin.cost'
export const unit = 'ms'
export const targets = [
  { text: 'swap.stall +1 % at most', value: ({ ratio }) => ratio, limit: 1.01, gate: 1.5 },
  { text: 'tick() +1 % of a frame at most', value: ({ ofFrame }) => ofFrame, limit: 0.01, gate: true },
]

const HZ = 240

/** The same engine with page, metrics, traces, socket and log, and without, in turns: stalls, and tick() when idle. */
export async function run({ dir, quick }) {
  const rounds = quick ? 4 : 12
  const seen = { on: { stalls: [], ticks: [] }, off: { stalls: [], ticks: [] } }
  for (let round = 0; round < rounds; round++)
    for (const way of round % 2 === 0 ? ['on', 'off'] : ['off', 'on']) await turn(dir, way, round, seen[way])
  const { on, off } = seen
  const ofFrame = (median(on.ticks) - median(off.ticks)) / (1000 / HZ)
  return { ...against(on.stalls, 'without', off.stalls), ofFrame }
}

async function turn(dir, way, round, { stalls, ticks }) {
  const place = folder(dir, `${way}-${round}`)
  const source = (edit) => unitSource({ edit, columns: floatColumns(26, 10_000) })
  folder(place, 'units', { 'world.ts': source(0) })
  const watched = {
    admin: { port: 0, token: 'a-token-for-the-benchmark' },
    socket: `${place}/socket`,
    log: { level: 'info', file: `${place}/log` },
  }
  const runtime = { watch: false, probation: { ticks: 2 }, ...(way === 'on' && watched) }
  const processor = new SimpleSpanProcessor(new InMemorySpanExporter())
  if (way === 'on') trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }))
  const fleet = await Fleet.start(`${place}/units`, { unit: 'world', workers: 1, hz: HZ, runtime })
  const stop = way === 'on' ? lookOn(fleet.runtime.address) : () => {}
  try {
    for (let edit = 1; edit <= 12; edit++) {
      const report = await fleet.swap('world.ts', source(edit))
      if (edit > 2) stalls.push(Math.max(...report.participants.map(({ stallMs }) => stallMs)))
    }
    fleet.idleTicks.length = 0
    await fleet.run(HZ / 2)
    ticks.push(...fleet.idleTicks)
  } finally {
    stop()
    await fleet.close()
    trace.disable()
  }
}

/** As an open page does, and Prometheus: the event stream with its pace, and a scrape a second. */
function lookOn(address) {
  const abort = new AbortController()
  const quietly = (promise) => promise.catch(() => {})
  quietly(
    fetch(`${address}api/events?pace=1`, { signal: abort.signal }).then((response) =>
      quietly(response.text()),
    ),
  )
  const timer = setInterval(
    () => quietly(fetch(`${address}metrics`).then((response) => response.text())),
    1000,
  )
  return () => {
    clearInterval(timer)
    abort.abort()
  }
}
