import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import semver from 'semver'
import { addon } from '../../dist/native/addon.js'
import { Tables } from '../../dist/registry/tables.js'
import { Version } from '../../dist/version/version.js'
import { race, verdictOfRace } from '../support/race.js'
import { PROJECT } from '../support/scratch.js'
import { against, summary } from '../support/stats.js'
import { registryOf, versionTexts } from '../support/versions.js'

export const name = 'version.compare'
export const unit = 'ns'
export const targets = [
  { text: 'median < 50 ns', value: ({ median }) => median, limit: 50 },
  { text: "<= 1x node-semver's parsed compare", value: ({ ratio }) => ratio, limit: 1, gate: true },
]

const VERSIONS = 1024
const LAST = VERSIONS - 1
const NATIVE = join(PROJECT, '.build/check/native')

/** Two registered versions, neighbours in a shuffled history: in TypeScript, through Node-API, and in C. */
export async function run({ quick }) {
  const texts = shuffled(versionTexts(VERSIONS))
  const { registry, versions, records } = registryOf(texts)
  const parsed = texts.map((text) => new semver.SemVer(text))
  const handle = addon().attach(new Uint8Array(registry.shared))
  const tables = new Tables(registry.shared)
  const keys = records.map((record) => tables.recordAt(record) * Uint32Array.BYTES_PER_ELEMENT)
  const native = addon()
  // A loop for each, so that none meets the call of another.
  const contestants = {
    TypeScript(turns) {
      let sum = 0
      for (let i = 0; i < turns; i++) sum += Version.compare(versions[i & LAST], versions[(i + 1) & LAST])
      return sum
    },
    'SemVer#compare'(turns) {
      let sum = 0
      for (let i = 0; i < turns; i++) sum += parsed[i & LAST].compare(parsed[(i + 1) & LAST])
      return sum
    },
    'Node-API'(turns) {
      let sum = 0
      for (let i = 0; i < turns; i++) sum += native.compareKeys(handle, keys[i & LAST], keys[(i + 1) & LAST])
      return sum
    },
  }
  const { 'Node-API': crossed, ...both } = await race(contestants, {
    rounds: quick ? 10 : 40,
    batch: 10_000,
    roundMs: 15,
  })
  native.detach(handle)
  registry.close()
  const peer = both['SemVer#compare']
  const parts = [{ name: 'Node-API', ...against(crossed, 'SemVer#compare', peer) }, inC(summary(peer).median)]
  return { ...verdictOfRace(both), parts }
}

function shuffled(texts) {
  // A step that shares no factor with the length visits every text once.
  return texts.map((_, i) => texts[(i * 389) % texts.length])
}

/** The loop of `make check-native ARGS=--bench`: one figure, a median. */
function inC(peer) {
  const out = execFileSync(NATIVE, ['--bench', '--function', 'version.compare'], { encoding: 'utf8' })
  const timings = [...out.matchAll(/ {2}(\w+) ([\d.]+)/g)].map(([, name, ns]) => ({ name, ns: Number(ns) }))
  const { name, ns } = timings.at(-1)
  return {
    name: `C (${name})`,
    n: 1,
    median: ns,
    peer: { name: 'SemVer#compare', median: peer },
    ratio: ns / peer,
  }
}
