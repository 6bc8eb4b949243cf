import { Version } from '../../dist/index.js'

const VERSIONS = 20

/** Minor versions to a major one. */
const MINORS = 5
const versionAt = (index) => Version.parse(`${1 + Math.floor(index / MINORS)}.${index % MINORS}.0`)

const newestFirst = (make) => Array.from({ length: VERSIONS }, (_, i) => make(VERSIONS - 1 - i))

/**
 * Units that each need three before them, in the major version they have themselves. The first
 * has lost its newest major version, so that no unit can stay at its first choice.
 */
export function layeredGraph(units) {
  return Array.from({ length: units }, (_, at) => {
    const needed = at === 0 ? [] : [0, 31, 62].map((step) => `u${(at * 7 + step) % at}`)
    const choices = newestFirst((index) => {
      const range = `^${1 + Math.floor(index / MINORS)}.0.0`
      return { version: versionAt(index), requires: Object.fromEntries(needed.map((name) => [name, range])) }
    })
    return { unit: `u${at}`, choices: at === 0 ? choices.slice(MINORS) : choices }
  })
}

/**
 * Units in a row that each need at least their own version of the next; what the last one needs
 * exists for the lowest version alone, which is seen only at the end of the row.
 */
export function rowWithDeadEnds(units) {
  const row = Array.from({ length: units }, (_, at) => {
    const isLast = at === units - 1
    const choices = newestFirst((index) => ({
      version: Version.parse(`${index + 1}.0.0`),
      requires: isLast ? { end: `^${index + 1}.0.0` } : { [`u${at + 1}`]: `>=${index + 1}.0.0` },
    }))
    return { unit: `u${at}`, choices }
  })
  return [...row, { unit: 'end', choices: [{ version: Version.parse('1.0.0') }] }]
}

/** Milliseconds of each of some calls, after as many to warm up, and what the last one gave. */
export function timed(times, call) {
  let last
  const samples = []
  for (let i = 0; i < 2 * times; i++) {
    const from = performance.now()
    last = call()
    if (i >= times) samples.push(performance.now() - from)
  }
  return { samples, last }
}
