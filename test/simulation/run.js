/**
 * Runs the simulation: `node test/simulation/run.js [--seeds 10000] [--from 1] [--mutant NAME] [--groups 2]`, and besides a quarter as many
 * seeds from 1,000,000 on, of units that share nothing, in independent mode (`--apart n`), and as many from 2,000,000 on, of
 * units whose calls are made again after a rollback (`--logged n`).
 * TICKSWAP_SEED=n runs that one seed. Prints the failing seeds, and exits with 1 when there are any.
 */
import { parseArgs } from 'node:util'
import { MessageChannel, Worker } from 'node:worker_threads'
import { plant } from './mutants.js'
import { APART_FROM, LOGGED_FROM, Scheduler } from './scheduler.js'
import { NUMBERS, stageAll } from './sources.js'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    groups: { type: 'string', default: '2' },
    mutant: { type: 'string' },
    minutes: { type: 'string', default: '3' },
    /** seeds of units that share nothing, in independent mode, besides; default: a quarter as many */
    apart: { type: 'string' },
    /** the same of units whose inputs are logged */
    logged: { type: 'string' },
  },
})
const ACTORS = 5
const one = process.env.TICKSWAP_SEED
const first = Number(one ?? values.from)
const count = one ? 1 : Number(values.seeds)
const groups = one ? 1 : Number(values.groups)
const isChosen = one !== undefined || values.mutant !== undefined || values.from !== '1'
const besides = (wanted) => (isChosen ? 0 : Number(wanted ?? Math.ceil(count / 4)))
const [apart, logged] = [besides(values.apart), besides(values.logged)]
const seedsFrom = (from, length) => Array.from({ length }, (_, i) => from + i)

const { dist, remove } = plant(values.mutant)
const load = (path) => import(new URL(path, dist))
const staged = await stageAll(await load('units/code/stager.js'), await load('native/addon.js'))
const { Board } = await load('swap/board.js')
const { Registry } = await load('registry/registry.js')

/** Threads of one group take seeds one after the other; groups run side by side. */
function startGroup(seeds) {
  const board = Board.create(6)
  const registry = Registry.create({ units: 1, versions: 64, ownSlots: 6 })
  registry.close()
  const ledger = Object.fromEntries(
    ['begun', 'made', 'thrown', 'dead', 'hung', 'unmoved'].map((name) => [
      name,
      new Int32Array(new SharedArrayBuffer(4096)),
    ]),
  )
  for (const name of ['lossy', 'complaints', 'good']) ledger[name] = new Int32Array(new SharedArrayBuffer(4))
  const common = {
    dist: dist.href,
    actors: ACTORS,
    memory: Scheduler.memory(ACTORS),
    board: board.words,
    shared: { board: board.shared, registry: registry.shared },
    ledger,
    staged,
    numbers: NUMBERS,
    seeds,
    stopAtFirst: values.mutant !== undefined,
  }
  const channels = Array.from({ length: ACTORS }, () => new MessageChannel())
  const found = []
  let last = seeds[0]
  const workers = []
  const end = new Promise((resolve, reject) => {
    const actor = (me, ports) => {
      const workerData = { ...common, me, ports }
      const worker = new Worker(new URL('./actor.js', import.meta.url), {
        workerData,
        transferList: ports.filter(Boolean),
      })
      workers.push(worker)
      worker.on('error', reject)
      worker.on('message', (message) => {
        if (message.type === 'found') found.push(...message.found)
        else if (message.type === 'seed') last = message.seed + groups
        else if (message.type === 'end') resolve({ ...message, found: [...message.found, ...found] })
        else if (message.type === 'ready' && --waiting === 0)
          actor(
            0,
            channels.map(({ port1 }, i) => (i === 0 ? null : port1)),
          )
      })
    }
    let waiting = ACTORS - 1
    for (let me = 1; me < ACTORS; me++) actor(me, [channels[me].port2])
    const deadline = Number(values.minutes) * 60_000
    setTimeout(
      () =>
        resolve({
          totals: {},
          steps: 0,
          found: [...found, { seed: last, at: 0, actor: 0, what: 'it hangs' }],
        }),
      deadline,
    ).unref()
  })
  return end.finally(() => Promise.all(workers.map((worker) => worker.terminate())))
}

const from = performance.now()
const all = [...seedsFrom(first, count), ...seedsFrom(APART_FROM, apart), ...seedsFrom(LOGGED_FROM, logged)]
const shares = Array.from({ length: groups }, (_, group) => all.filter((_, i) => i % groups === group))
const running = shares.filter((seeds) => seeds.length > 0).map(startGroup)
// One finding is enough to know a defect.
const findings = running.map((end) => end.then((it) => (it.found.length > 0 ? [it] : new Promise(() => {}))))
const ends = await Promise.race([Promise.all(running), ...(values.mutant === undefined ? [] : findings)])
remove()

const totals = {}
for (const end of ends)
  for (const [outcome, n] of Object.entries(end.totals)) totals[outcome] = (totals[outcome] ?? 0) + n
const steps = ends.reduce((sum, end) => sum + end.steps, 0)
const found = ends.flatMap((end) => end.found).sort((a, b) => a.seed - b.seed)
const seconds = ((performance.now() - from) / 1000).toFixed(1)
const came = Object.entries(totals)
  .map(([outcome, n]) => `${n} ${outcome}`)
  .join(', ')
const more = [
  [apart, APART_FROM],
  [logged, LOGGED_FROM],
].map(([n, start]) => (n > 0 ? ` and ${n} from ${start}` : ''))
console.log(`${count} seeds from ${first}${more.join('')}, ${steps} steps, ${seconds} s; swaps: ${came}`)
for (const { seed, at, actor, what } of found.slice(0, 20))
  console.log(`seed ${seed}, ${at.toFixed(2)} ms, actor ${actor}: ${what}`)
if (found.length > 0) console.log(`repeat with: TICKSWAP_SEED=${found[0].seed} node test/simulation/run.js`)
process.exit(found.length > 0 ? 1 : 0)
