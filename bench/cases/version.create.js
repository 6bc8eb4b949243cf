import semver from 'semver'
import { Registry } from '../../dist/registry/registry.js'
import { Version } from '../../dist/version/version.js'
import { against, summary } from '../support/stats.js'
import { versionTexts } from '../support/versions.js'

export const name = 'version.create'
export const unit = 'ns'
export const targets = [
  { text: 'median < 800 ns', value: ({ median }) => median, limit: 800 },
  { text: "<= 3x node-semver's parse", value: ({ ratio }) => ratio, limit: 3, gate: 4.5 },
]

const VERSIONS = 10_000
const HASH = '0011223344556677'
/** Rounds that bring the code to its full speed. */
const WARM_UP = 5

/** A version from its text to its record in the registry, and the text alone read by node-semver. */
export function run({ quick }) {
  const texts = versionTexts(VERSIONS)
  const rounds = quick ? 25 : 100
  const samples = { create: [], parse: [], peer: [] }
  for (let round = -WARM_UP; round < rounds; round++) {
    const taken = {
      create: registered(texts),
      parse: timed(texts, Version.parse),
      peer: timed(texts, semver.parse),
    }
    if (round >= 0) for (const [key, ns] of Object.entries(taken)) samples[key].push(ns)
  }
  const parts = [{ name: 'of it: parse', ...against(samples.parse, 'semver.parse', samples.peer) }]
  return { ...against(samples.create, 'semver.parse', samples.peer), n: summary(samples.create).n, parts }
}

/** ns a version, in a registry of its own each time: it is full after that. */
function registered(texts) {
  const registry = Registry.create({ units: 1, versions: VERSIONS })
  const unit = registry.registerUnit('traffic')
  const timestamp = Date.now()
  const create = (text) =>
    registry.registerVersion({ unit, version: Version.parse(text), hash: HASH, timestamp })
  const ns = timed(texts, create)
  registry.close()
  return ns
}

function timed(texts, work) {
  const from = performance.now()
  for (const text of texts) work(text)
  return ((performance.now() - from) * 1e6) / texts.length
}
