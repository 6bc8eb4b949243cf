import { Bench } from 'tinybench'
import { against, summary } from './stats.js'

const NS = 1e6

/**
 * Times loops of nanoseconds. `contestants` maps a name to a function that runs its loop
 * `batch` times; one sample is the mean of a batch. They take turns, in alternating order,
 * so that a slow second of the machine falls on all of them.
 *
 * @returns name to samples, ns per turn of the loop
 */
export async function race(contestants, { rounds, batch, roundMs }) {
  const samples = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const options = { time: roundMs, iterations: 8, warmup: round === 0, warmupTime: 3 * roundMs }
    const bench = new Bench({ ...options, retainSamples: true, throws: true })
    const entries = Object.entries(contestants)
    if (round % 2 === 1) entries.reverse()
    for (const [name, run] of entries) bench.add(name, () => timed(run, batch), { async: false })
    for (const task of await bench.run())
      for (const ms of task.result.latency.samples) samples[task.name].push(ms * NS)
  }
  return samples
}

/** What tinybench takes as a sample: the duration of one turn, and the cost of the whole batch. */
function timed(run, batch) {
  const from = performance.now()
  run(batch)
  const ms = performance.now() - from
  return { overriddenDuration: ms / batch, overriddenIterationCost: ms }
}

/** A race as a result: the first contestant is ours, the second the peer, the others are listed. */
export function verdictOfRace(samples) {
  const [[, ours], [peer, theirs], ...others] = Object.entries(samples)
  const more = others.map(([name, taken]) => ({ name, ...summary(taken) }))
  return { ...against(ours, peer, theirs), ...(more.length > 0 && { others: more }) }
}
