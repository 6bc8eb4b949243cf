import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Everything a unit's code does passes through `simulated`, which may throw, hang or end the thread there. */
const unit = (version, columns, more = '') => `import { defineUnit, u32, f32 } from 'tickswap/module'
const world = globalThis.simulated
const me = world.born('${version}')
export const unit = defineUnit({
  version: '${version}',
  state: { columns: { ${columns} }, soft: () => ({ n: 0 }) },
  setup() { world.at('setup', me) },
  verify() { world.at('verify', me) },
  dispose() { world.disposed(me) },
  ${more}
})
export const version = '${version}'
export const self = me
export function step(row: number): void {
  world.at('step', me)
  const { count, mine } = unit.state.columns as any
  if (count) count[row]!++
  mine[0]!++
  unit.state.soft.n++
}
`

const COLUMNS = "count: u32(32), mine: u32(1, { scope: 'participant' }), level: f32(4)"
const OTHER = "level: f32(4), count: u32(64), mine: u32(2, { scope: 'participant' }), more: f32(8)"
const MIGRATE = `migrate: { '^1.0.0': {
    up(old, next) { world.at('up', me); next.columns.more[0] = old.columns.count[0] },
    down(next, old) { world.at('down', me) },
  } },`

/** 1.1.0 keeps the shape of the state, 2.0.0 does not. */
const SHARED = {
  '1.0.0': unit('1.0.0', COLUMNS),
  '1.1.0': unit('1.1.0', COLUMNS),
  '2.0.0': unit('2.0.0', OTHER, MIGRATE),
}

const DETERMINISTIC = 'deterministic: true,'

const OWN = "mine: u32(1, { scope: 'participant' })"
const OTHER_OWN = "level: f32(4, { scope: 'participant' }), mine: u32(2, { scope: 'participant' })"
const MIGRATE_OWN = `migrate: { '^1.0.0': {
    up(old, next) { world.at('up', me); next.columns.level[0] = old.columns.mine[0] },
    down(next, old) { world.at('down', me) },
  } },`
/** The same without anything that participants share: nobody meets. */
const APART = {
  '1.0.0': unit('1.0.0', OWN),
  '1.1.0': unit('1.1.0', OWN),
  '2.0.0': unit('2.0.0', OTHER_OWN, MIGRATE_OWN),
}
/** The same as those that share, of which the calls can be made again. */
const LOGGED = {
  '1.0.0': unit('1.0.0', COLUMNS, DETERMINISTIC),
  '1.1.0': unit('1.1.0', COLUMNS, DETERMINISTIC),
  '2.0.0': unit('2.0.0', OTHER, DETERMINISTIC + MIGRATE),
}
export const NUMBERS = Object.keys(SHARED)

/** Stages every version, and every way from one to another: of each of the three units. */
export async function stageAll(stager, addon) {
  const staged = {}
  for (const [family, versions] of Object.entries({ shared: SHARED, apart: APART, logged: LOGGED }))
    staged[family] = await stageFamily(versions, stager, addon)
  return staged
}

async function stageFamily(versions, { Stager }, { hashHex }) {
  const dir = mkdtempSync(join(tmpdir(), 'tickswap-simulation-'))
  const file = join(dir, 'unit.ts')
  const boots = {}
  const ways = {}
  try {
    for (const from of NUMBERS) {
      writeFileSync(file, versions[from])
      const stager = new Stager({ root: dir, hash: hashHex })
      const base = await stager.boot([file])
      stager.accept(base)
      boots[from] = base.update
      for (const to of NUMBERS.filter((number) => number !== from)) {
        writeFileSync(file, versions[to])
        ways[`${from} ${to}`] = (await stager.stage([file])).update
      }
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  return { file, boots, ways }
}
