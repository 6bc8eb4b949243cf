import { setTimeout as sleep } from 'node:timers/promises'
import { PERIOD_MS } from '../support/clock.js'
import { source, tickswapRig, viteRig } from '../support/rigs.js'
import { against, median } from '../support/stats.js'

export const name = 'write-to-live.10kb'
export const unit = 'ms'
export const targets = [
  { text: "median <= 1/4 of Vite's", value: ({ ratio }) => ratio, limit: 1 / 4, gate: true },
  { text: "p95 <= 1/4 of Vite's", value: ({ p95, peer }) => p95 / peer.p95, limit: 1 / 4, gate: true },
]

const WORKERS = 4
const WARMUP = 5
const BLOCK = 10
const PEER = 'Vite, 4 workers'

/**
 * From the write of a file to its new code running in every of four workers that tick at
 * 240 Hz. The result is the time beyond the wait for the tick boundary: what both tools do
 * at once is counted, the time until the next tick happens to begin is not. The part `by the
 * clock` has all of it. The two tools take turns in blocks; one rests while the other works.
 */
export async function run({ dir, quick }) {
  const ours = await tickswapRig(dir, { workers: WORKERS })
  const peer = await viteRig(dir, { workers: WORKERS })
  const times = { beyond: [], clock: [], peerBeyond: [], peerClock: [] }
  const reports = []
  const blocks = quick ? 3 : 12
  try {
    for (let block = 0; block <= blocks; block++) {
      const size = block === 0 ? WARMUP : BLOCK
      const first = 1 + Math.max(0, block - 1) * BLOCK + (block > 0 ? WARMUP : 0)
      await edits(ours, first, size, async (live) => {
        const report = await settled(ours, live.edit)
        if (block === 0) return
        reports.push(report)
        times.clock.push(live.live - live.wrote)
        times.beyond.push(live.live - live.wrote - waits(ours.fleet.log, live, report))
      })
      await edits(peer, first, size, (live) => {
        if (block === 0) return
        times.peerClock.push(live.live - live.wrote)
        times.peerBeyond.push(peerBeyond(peer.fleet.log, live))
      })
    }
  } finally {
    await ours.close()
    await peer.close()
  }
  const whole = against(times.beyond, PEER, times.peerBeyond)
  const parts = [{ name: 'by the clock', ...against(times.clock, PEER, times.peerClock) }]
  const remarks = [
    `lost edits: tickswap ${ours.fleet.lost}, Vite ${peer.fleet.lost}`,
    `phases, ms: ${phasesOf(reports)}`,
  ]
  return { ...whole, parts, lost: { tickswap: ours.fleet.lost, peer: peer.fleet.lost }, remarks }
}

/** The median of each phase of the road; prepare and what follows includes the wait for ticks. */
function phasesOf(reports) {
  const names = ['detect', 'stage', 'rehearse', 'check', 'prepare', 'park', 'backup', 'verify', 'commit']
  const of = (phase) => median(reports.map(({ phases }) => phases[phase] ?? 0)).toFixed(2)
  return [
    ...names.map((phase) => `${phase} ${of(phase)}`),
    `to live ${median(reports.map(({ liveMs }) => liveMs)).toFixed(2)}`,
  ].join(', ')
}

/** A block of edits of one rig, at instants that have nothing to do with its ticks. */
async function edits(rig, first, size, note) {
  await rig.fleet.run()
  for (let edit = first; edit < first + size; edit++) {
    await sleep(20 + ((edit * 7) % 23))
    const live = await rig.fleet.save(edit, source(edit))
    if (live) await note(live)
  }
  rig.fleet.rest()
}

/** The report of the swap that is over, so that the next edit finds the runtime at rest. */
async function settled(rig, edit) {
  const version = `1.0.0.${edit}`
  const end = performance.now() + 5000
  const find = () =>
    rig.reports.find(({ outcome, units }) => outcome === 'permanent' && units[0]?.to === version)
  while (!find()) {
    if (performance.now() > end) throw new Error(`${version} never became permanent`)
    await sleep(2)
  }
  return find()
}

/**
 * How long the swap stood still only because no tick began. Workers take orders at the
 * beginning of a tick and nowhere else, so it waits twice: from the order to load until the
 * last worker begins a tick, and from the moment when all have loaded until the last begins
 * the next one. Each is counted from the ticks the workers wrote down, and as the wait for
 * ONE beginning, so at most a period: ticks that the runtime lets pass are its own time.
 *
 * The order goes out when detect, stage, rehearse and check are over. The report has their
 * durations, and the instant of the first sign by way of liveMs, which ends at the flip; the
 * end of the first step with the new code stands in for the flip. It is later by the length
 * of that step, which makes the first wait shorter, never longer.
 */
function waits(log, { live }, report) {
  const { detect = 0, stage = 0, rehearse = 0, check = 0 } = report.phases
  const ordered = live - report.liveMs + detect + stage + rehearse + check
  const loads = log.rows.map((_, worker) => {
    const begin = log.beginAfter(worker, ordered) ?? ordered
    const { phases } = report.participants.find(({ participant }) => participant === `worker-${worker}`)
    return { begin, end: begin + (phases.prepare ?? 0) }
  })
  const last = loads.reduce((one, other) => (other.end > one.end ? other : one))
  const begins = log.rows.map((_, worker) => log.beginAfter(worker, last.end) ?? last.end)
  const untilLoad = Math.min(PERIOD_MS, last.begin - ordered)
  const untilFlip = Math.min(PERIOD_MS, Math.max(...begins) - last.end)
  return Math.max(0, untilLoad) + Math.max(0, untilFlip)
}

/** Vite loads between ticks; the new code then waits for the worker's next tick. */
const peerBeyond = (log, { edit, wrote }) =>
  Math.max(...log.rows.map((_, worker) => log.loadedAt(worker, edit))) - wrote
