import { setTimeout as sleep } from 'node:timers/promises'
import { PERIOD_MS } from '../support/clock.js'
import { source, tickswapRig, viteRig } from '../support/rigs.js'
import { against, median } from '../support/stats.js'

export const name = 'write-to-live.10kb'
export const unit = 'ms'
export const targets = [
  { text: "median <= 1/4 of Vite's", value: ({ ratio }) => ratio, limit: 1 / 4, gate: 0.8 },
  { text: "p95 <= 1/4 of Vite's", value: ({ p95, peer }) => p95 / peer.p95, limit: 1 / 4, gate: 1.5 },
]

const WORKERS = 4
const BLOCK = 10
/** In the first blocks the tools' own code is still being compiled; listed apart. */
const FIRST_BLOCKS = 2
const PEER = 'Vite, 4 workers'

/**
 * From the write of a file to its new code running in every of four workers that tick at
 * 240 Hz. The result is the time beyond the wait for the tick boundary: the work is counted,
 * the time until the next tick happens to begin is not. The part `by the clock` has all of
 * it. The two tools take turns in blocks of edits; one rests while the other works.
 */
export async function run({ dir, quick }) {
  const ours = await tickswapRig(dir, { workers: WORKERS })
  const peer = await viteRig(dir, { workers: WORKERS })
  const [first, later] = [noTimes(), noTimes()]
  const blocks = FIRST_BLOCKS + (quick ? 3 : 12)
  try {
    for (let block = 0; block < blocks; block++) {
      const times = block < FIRST_BLOCKS ? first : later
      await edits(ours, block, (live) => noteOurs(ours, live, times))
      await edits(peer, block, (live) => notePeer(peer, live, times))
    }
  } finally {
    await ours.close()
    await peer.close()
  }
  const parts = [
    { name: 'by the clock', ...against(later.clock, PEER, later.peerClock) },
    { name: 'the first 20 edits of a process', ...against(first.beyond, PEER, first.peerBeyond) },
  ]
  const lost = { tickswap: ours.fleet.lost, peer: peer.fleet.lost }
  const remarks = [
    `lost edits: tickswap ${lost.tickswap}, Vite ${lost.peer}`,
    `median ms: ${phasesOf(later.reports)}`,
  ]
  return { ...against(later.beyond, PEER, later.peerBeyond), parts, lost, remarks }
}

const noTimes = () => ({ beyond: [], clock: [], peerBeyond: [], peerClock: [], reports: [] })

/** A block of edits of one rig, at instants that have nothing to do with its ticks. */
async function edits(rig, block, note) {
  await rig.fleet.run()
  for (let edit = block * BLOCK + 1; edit <= (block + 1) * BLOCK; edit++) {
    // Far enough apart for the peer's watcher, which takes saves in quick succession for one.
    await sleep(60 + ((edit * 7) % 23))
    const live = await rig.fleet.save(edit, source(edit))
    if (live) await note(live)
  }
  rig.fleet.rest()
}

async function noteOurs(rig, live, times) {
  const report = await settled(rig, live.edit)
  times.reports.push(report)
  times.clock.push(live.live - live.wrote)
  times.beyond.push(live.live - live.wrote - waits(rig.fleet.log, live, report))
}

/** Vite loads between ticks; the new code then waits for the worker's next tick. */
function notePeer({ fleet: { log } }, { edit, wrote, live }, times) {
  times.peerClock.push(live - wrote)
  times.peerBeyond.push(Math.max(...log.rows.map((_, worker) => log.loadedAt(worker, edit))) - wrote)
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
 * How long the swap stood still only because no tick began: from the moment when all workers
 * have loaded the candidate, which they do between two ticks, until the last of them begins
 * the next tick. It is counted from the ticks the workers wrote down, and as the wait for
 * ONE beginning, so at most a period: ticks that the runtime lets pass are its own time.
 *
 * All have loaded when detect, stage, rehearse, check and prepare are over. The report has
 * their durations, and the instant of the first sign by way of liveMs, which ends at the
 * flip; the end of the first step with the new code stands in for the flip. It is later by
 * the length of that step, which makes the wait shorter, never longer.
 */
function waits(log, { live }, report) {
  const { detect = 0, stage = 0, rehearse = 0, check = 0, prepare = 0 } = report.phases
  const loaded = live - report.liveMs + detect + stage + rehearse + check + prepare
  const begins = log.rows.map((_, worker) => log.beginAfter(worker, loaded) ?? loaded)
  return Math.max(0, Math.min(PERIOD_MS, Math.max(...begins) - loaded))
}
