import { satisfies } from 'semver'
import { Company, checkCandidate, Member } from '../../dist/version/compatibility/check.js'
import { compareVersions } from '../../dist/version/compatibility/transition.js'
import { race, verdictOfRace } from '../support/race.js'

export const name = 'compat.check'
export const unit = 'ns'
export const targets = [
  { text: '< 1500 ns', value: ({ median }) => median, limit: 1500 },
  { text: '<= 1/10 of 16x semver.satisfies', value: ({ ratio }) => ratio, limit: 1 / 10, gate: true },
]

const RANGES = [
  '^1.4.0',
  '>=1.2.0 <2.0.0',
  '~1.4.0',
  '1.x',
  '>=1.0.0',
  '1.4.x || 2.x',
  '^1.0.0',
  '1.2.0 - 1.9.9',
]
const VERSION = '1.4.7'

function descriptor(unit, requires, version = VERSION) {
  const state = { columns: { speed: { type: 'f32', length: 64, scope: 'shared' } } }
  const surface = { step: { kind: 'function', async: false, generator: false, required: 1 } }
  const more = { flags: ['stable'], migrations: [], rules: [], places: {} }
  return { unit, version, file: `${unit}.ts`, hash: version, requires, state, surface, ...more }
}

/** The check of a candidate with 8 requirements and 8 dependents, as a swap does it, and node-semver's part of the same. */
export async function run({ quick }) {
  const needed = RANGES.map((range, i) => [`needed-${i}`, range])
  const others = needed.map(([unit]) => descriptor(unit, {}))
  const dependents = RANGES.map((range, i) => descriptor(`dependent-${i}`, { traffic: range }))
  const running = descriptor('traffic', Object.fromEntries(needed), '1.4.6')
  const company = new Company([running, ...others, ...dependents].map((each) => new Member(each)))
  const next = descriptor('traffic', Object.fromEntries(needed))
  const candidate = { member: new Member(next), transition: compareVersions(running, next) }
  const check = (turns) => {
    let good = 0
    for (let i = 0; i < turns; i++)
      good += checkCandidate(candidate, company).verdict === 'compatible' ? 1 : 0
    if (good !== turns) throw new Error('the candidate is compatible, and was found not to be')
  }
  const peer = (turns) => {
    let good = 0
    for (let i = 0; i < turns; i++)
      for (let j = 0; j < 16; j++) good += satisfies(VERSION, RANGES[j & 7]) ? 1 : 0
    if (good !== 16 * turns) throw new Error('node-semver says something else')
  }
  const stage = (turns) => {
    for (let i = 0; i < turns; i++) compareVersions(running, next)
  }
  const options = { rounds: quick ? 10 : 40, batch: 200, roundMs: 20 }
  return verdictOfRace(
    await race({ 'full check': check, '16x semver.satisfies': peer, 'staged part': stage }, options),
  )
}
