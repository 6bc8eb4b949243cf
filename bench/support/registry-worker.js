/** A thread of registry.readers: looks up, reads plainly, or registers, publishes and retires versions, until `words[0]` is set. */
import { parentPort, workerData } from 'node:worker_threads'
import { Registry } from '../../dist/registry/registry.js'
import { Version } from '../../dist/version/version.js'

const { shared, words, counters, lock, role, index, units } = workerData
const registry = Registry.attach(shared)
const RECORD_EVERY = 1024
const BATCH = 1024
/** About as long as a lookup. */
const PLAIN_PER_LOOKUP = 32

/** Tells nonsense from the version of a unit: its hash has the unit and the build. */
const hashOf = (unit, build) => unit.toString(16).padStart(8, '0') + build.toString(16).padStart(8, '0')

function read() {
  const names = Array.from({ length: units }, (_, unit) => `unit-${unit}`)
  const slot = registry.join()
  let [lookups, torn] = [0, 0]
  while (Atomics.load(words, 0) === 0) {
    for (let i = 0; i < BATCH; i++) {
      const generation = registry.tick(slot)
      const unit = registry.lookup(names[(lookups + i) % units])
      const record = registry.active(unit, generation)
      if (record >= 0 && i % RECORD_EVERY === 0 && !isWhole(unit, record)) torn++
    }
    lookups += BATCH
    Atomics.store(counters, 2 * index, lookups)
    Atomics.store(counters, 2 * index + 1, torn)
  }
  registry.leave(slot)
}

/** What a generation shows is not reused while it is viewed, so this must be right whenever it is read. */
function isWhole(unit, record) {
  const found = registry.record(record)
  return found.unit === unit && found.hash === hashOf(unit, found.version.build)
}

/** The same loop on a plain word: what the machine's cores have to give. */
function readPlain() {
  let [turns, sum] = [0, 0]
  const word = registry.words
  while (Atomics.load(words, 0) === 0) {
    for (let i = 0; i < BATCH * PLAIN_PER_LOOKUP; i++) sum = (sum + word[i & 15]) | 0
    turns += BATCH
    Atomics.store(counters, 2 * index, turns)
  }
  return sum
}

function write() {
  const version = Version.parse('1.0.0')
  let live = -1
  for (let build = 1; Atomics.load(words, 0) === 0; build++) {
    const record = retry(() =>
      registry.registerVersion({
        unit: index,
        version: version.withBuild(build),
        hash: hashOf(index, build),
        timestamp: build,
      }),
    )
    if (record < 0) break
    publish(record)
    if (live >= 0) retry(() => registry.setState(live, 'retired'))
    live = record
    Atomics.add(counters, 2 * index, 1)
    // An edit a millisecond is more than any engine sees, and leaves the cores to the readers.
    Atomics.wait(words, 0, 0, 1)
  }
  registry.close()
}

/** Until no other writer is inside and a record is free; -1 when the benchmark ends before. */
function retry(attempt) {
  while (Atomics.load(words, 0) === 0) {
    try {
      return attempt()
    } catch (error) {
      if (!/^TICKSWAP_E_REGISTRY_(BUSY|FULL)$/.test(error.code)) throw error
      Atomics.wait(words, 0, 0, 0.1)
    }
  }
  return -1
}

/** Staging and publishing belong together, so writers take turns. */
function publish(record) {
  while (Atomics.compareExchange(lock, 0, 0, 1) !== 0) Atomics.wait(lock, 0, 1, 1)
  const generation = retry(() => registry.stage([{ unit: index, record }]))
  if (generation >= 0) registry.publish(generation)
  Atomics.store(lock, 0, 0)
  Atomics.notify(lock, 0, 1)
}

parentPort.postMessage('ready')
const roles = { reader: read, plain: readPlain, writer: write }
roles[role]()
parentPort.postMessage('done')
