import { Catalog } from '../../dist/control/catalog.js'
import { defineUnit, f32, u8 } from '../../dist/module.js'
import { Registry } from '../../dist/registry/registry.js'
import { contractOf } from '../../dist/units/contract.js'
import { Version } from '../../dist/version/version.js'
import { slope } from '../support/stats.js'

export const name = 'memory.version'
export const unit = 'KB'
export const targets = [
  { text: '< 400 KB', value: ({ median }) => median, limit: 400, gate: true },
  { text: '<= 4 KB', value: ({ median }) => median, limit: 4, gate: true },
]

/** As many editions as a unit keeps. */
const EDITIONS = 64
const STEPS = 20
const UNITS_PER_STEP = 20

/** A unit of common size, as the control thread is told of it. */
const definition = defineUnit({
  version: '1.2.3',
  flags: ['stable'],
  requires: { roads: '^1.4.0', terrain: '^1.0.0', power: '~2.1.0', network: '>=1.0.0 <3.0.0' },
  state: { columns: { speed: f32(4096), heading: f32(4096), lane: u8(4096), road: u8(4096) } },
  migrate: { '^1.0.0': { up() {}, down() {} } },
})

/**
 * What a registered version keeps besides its code and its state: its record in shared memory, and on the heap
 * of the control thread its edition, with the contract that was read of it.
 */
export function run() {
  const held = []
  const points = []
  for (let step = 0; step <= STEPS; step++) {
    globalThis.gc()
    points.push({ x: held.length * EDITIONS, y: process.memoryUsage().heapUsed })
    for (let i = 0; i < UNITS_PER_STEP; i++) held.push(catalogOf(step * UNITS_PER_STEP + i))
  }
  const heap = slope(points.slice(1)) / 1024
  const shared = recordBytes() / 1024
  const n = points.at(-1).x
  const parts = [
    { name: 'record, shared by all threads', n: 1, median: shared },
    { name: 'edition, in the control thread', n, median: heap },
  ]
  return { n, median: heap + shared, parts }
}

function catalogOf(index) {
  const catalog = new Catalog()
  for (let i = 0; i < EDITIONS; i++) {
    // What comes from the thread that read it is a copy of its own.
    const contract = structuredClone(contractOf(definition, 'units/traffic.ts'))
    const edition = {
      version: Version.parse(`1.${index}.${i}`),
      contract,
      hash: (index * EDITIONS + i).toString(16).padStart(16, '0'),
      artifacts: [],
      record: i,
      at: Date.now(),
    }
    const known = catalog.byFile(contract.file)
    if (known) catalog.run(known, edition)
    else catalog.add(0, { shared: contract.shared, own: contract.own }, edition)
  }
  return catalog
}

/** Bytes of shared memory that room for one more version takes. */
function recordBytes() {
  const [small, large] = [1000, 2000].map(
    (versions) => Registry.create({ units: 1, versions }).shared.byteLength,
  )
  return (large - small) / 1000
}
