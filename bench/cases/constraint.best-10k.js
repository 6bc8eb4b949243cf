import semver from 'semver'
import { Constraint } from '../../dist/version/constraint.js'
import { against } from '../support/stats.js'
import { registryOf, versionTexts } from '../support/versions.js'

export const name = 'constraint.best-10k'
export const unit = 'µs'
export const targets = [
  { text: '<= 1/50 of the peer', value: ({ ratio }) => ratio, limit: 1 / 50, gate: true },
]

const VERSIONS = 10_000
/** The best is near the end, in the middle, and near the beginning; several alternatives; none at all. */
const RANGES = ['^5.2.0', '~3.10.0', '1.0.x', '^1.2.0 || ~2.5.1 || >=4.1.0 <4.3.0', '>=90.0.0']
const TURNS = 50

/** The best match of a range among 10,000 versions; the ranges take turns, none is read anew. */
export function run({ quick }) {
  const texts = shuffled(versionTexts(VERSIONS))
  const { registry, unit, versions } = registryOf(texts)
  const parsed = texts.map((text) => new semver.SemVer(text))
  const constraints = RANGES.map((text) => Constraint.parse(text))
  const ranges = RANGES.map((text) => new semver.Range(text))
  const samples = { ours: [], peer: [] }
  for (let round = quick ? -2 : -5; round < (quick ? 4 : 20); round++)
    for (const [i, constraint] of constraints.entries()) {
      const ours = timed(TURNS, () => registry.best(unit, constraint))
      const peer = timed(1, () => semver.maxSatisfying(parsed, ranges[i]))
      if (round < 0) requireSame(ours.found < 0 ? null : versions[ours.found].toString(), peer.found)
      else for (const [key, { us }] of Object.entries({ ours, peer })) samples[key].push(us)
    }
  registry.close()
  return against(samples.ours, 'semver.maxSatisfying, all parsed', samples.peer)
}

function requireSame(ours, theirs) {
  if (ours !== (theirs?.version ?? null)) throw new Error(`found ${ours}, node-semver ${theirs}`)
}

function timed(turns, work) {
  const from = performance.now()
  let found
  for (let i = 0; i < turns; i++) found = work()
  return { found, us: ((performance.now() - from) * 1000) / turns }
}

function shuffled(texts) {
  return texts.map((_, i) => texts[(i * 3001) % texts.length])
}
