import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runInThisContext } from 'node:vm'
import { Fleet } from '../support/fleet.js'
import { race, verdictOfRace } from '../support/race.js'
import { folder } from '../support/scratch.js'
import { ViteRunner } from '../support/vite.js'

export const name = 'call.import'
export const unit = 'ns'
export const targets = [
  {
    text: '<= 1.5x native ESM, each, before and after 100 swaps',
    value: ({ parts }) => Math.max(...parts.map(({ ratio }) => ratio)),
    limit: 1.5,
    gate: 8,
  },
  {
    text: 'functions after swaps: <= 1.25x a native variable that held as many',
    value: ({ parts }) => {
      const { median, others } = parts.find(({ name }) => name === AFTER)
      return median / others.find(({ name }) => name === VARIABLE).median
    },
    limit: 1.25,
    gate: 2,
  },
]

const SWAPS = 100
const TURNS_PER_SWAP = 2000
const AFTER = `function, after ${SWAPS} swaps`
const VARIABLE = 'a native variable, as often set'

/** The module that changes. Plain JavaScript: Node loads the same text natively. */
const library = (edit) => `
export const stride = ${3 + (edit % 5)}
export function add(a, b) {
  return (a + b + ${edit % 3}) | 0
}
export let level = ${1 + (edit % 2)}
export function raise() {
  level = (level + 1) & 1023
}
`

const loops = `
import { add, level, raise, stride } from './library.js'
export const loops = {
  function(turns) {
    let sum = 0
    for (let i = 0; i < turns; i++) sum = add(sum, i)
    return sum
  },
  constant(turns) {
    let sum = 0
    for (let i = 0; i < turns; i++) sum = (sum + stride) | 0
    return sum
  },
  'export let'(turns) {
    let sum = 0
    for (let i = 0; i < turns; i++) sum = (sum + level) | 0
    return sum
  },
}
export { raise }
`

const caller = `
import { defineUnit } from 'tickswap/module'
import { loops, raise } from './loops.js'
export const unit = defineUnit({ version: '1.0.0' })
export { loops, raise }
export const step = () => 0
`

const files = { 'library.js': library(0), 'loops.js': loops }

/** Calls and reads through an import, in a loop inside the importer; natively, with tickswap and with Vite. */
export async function run({ dir, quick }) {
  const dirs = {
    ours: folder(dir, 'ours', {
      'units/caller.js': caller,
      'units/library.js': files['library.js'],
      'units/loops.js': loops,
    }),
    native: folder(dir, 'native', files),
    vite: folder(dir, 'vite', files),
  }
  const native = await import(pathToFileURL(join(dirs.native, 'loops.js')))
  const vite = await ViteRunner.start(dirs.vite)
  const fleet = await Fleet.start(join(dirs.ours, 'units'), {
    unit: 'caller',
    runtime: { probation: { ticks: 2 } },
  })
  const modules = async () => ({
    ours: fleet.exports,
    native,
    vite: await vite.import(join(dirs.vite, 'loops.js')),
  })
  try {
    const before = await measure(await modules(), 'before', { quick })
    for (let edit = 1; edit <= SWAPS; edit++) await swap({ fleet, vite, dirs }, edit)
    const more = { function: { [VARIABLE]: nativeVariable() } }
    const after = await measure(await modules(), `after ${SWAPS} swaps`, { quick, more })
    const parts = [...before, ...after]
    const worst = parts.reduce((one, other) => (other.ratio > one.ratio ? other : one))
    const { name: _, ...result } = worst
    return { ...result, parts }
  } finally {
    await fleet.close()
    await vite.close()
  }
}

/** One edit of the library, live in tickswap and in Vite. */
async function swap({ fleet, vite, dirs }, edit) {
  await fleet.edit('library.js', library(edit))
  // An engine calls in every tick: each version leaves its mark on the call sites.
  for (const loop of Object.values(fleet.exports.loops)) loop(TURNS_PER_SWAP)
  const changed = join(dirs.vite, 'library.js')
  writeFileSync(changed, library(edit))
  vite.invalidate(changed, join(dirs.vite, 'loops.js'))
  await vite.import(join(dirs.vite, 'loops.js'))
}

/**
 * The same loop over a plain variable of Node's own, which was given as many functions: what V8
 * itself makes of a call site that has seen more than one.
 */
function nativeVariable() {
  const { set, loop } = runInThisContext(`(() => {
  'use strict'
  let add
  return {
    set(next) { add = next },
    loop(turns) {
      let sum = 0
      for (let i = 0; i < turns; i++) sum = add(sum, i)
      return sum
    },
  }
})()`)
  for (let edit = 0; edit <= SWAPS; edit++) {
    set(runInThisContext(`(function add(a, b) { return (a + b + ${edit % 3}) | 0 })`))
    loop(TURNS_PER_SWAP)
  }
  return loop
}

/** @param more contestants besides the three, by kind of loop */
async function measure({ ours, native, vite }, when, { quick, more = {} }) {
  // From here on no engine may take `level` for a constant.
  for (const each of [ours, native, vite]) for (let i = 0; i < 10; i++) each.raise()
  const parts = []
  for (const kind of Object.keys(native.loops)) {
    const contestants = {
      tickswap: ours.loops[kind],
      'native ESM': native.loops[kind],
      "Vite's module runner": vite.loops[kind],
      ...more[kind],
    }
    const samples = await race(contestants, { rounds: quick ? 6 : 20, batch: 10_000, roundMs: 12 })
    parts.push({ name: `${kind}, ${when}`, ...verdictOfRace(samples) })
  }
  return parts
}
