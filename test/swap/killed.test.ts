import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Store } from '../../dist/store/store.js'
import { folder } from '../cli/command.ts'
import { counter } from '../support/counter.ts'

/**
 * Saves its state after 100 steps, then edits its own unit, and is killed on the way: by the unit, or when an event tells of
 * the phase in KILL. A second one says what it finds.
 */
const ENGINE = `
import { writeFileSync } from 'node:fs'
import { createRuntime } from '${new URL('../../dist/index.js', import.meta.url)}'
const store = { path: './kept', saveEveryMs: 0, resume: true }
const runtime = await createRuntime({ units: './units', store, probation: { ticks: 20 } })
const { KILL = '', EDIT } = process.env
const die = () => process.kill(process.pid, 'SIGKILL')
runtime.on('progress', ({ phase }) => void (phase === KILL && die()))
for (const event of ['swap', 'rollback', 'permanent'])
  runtime.on(event, () => void (event === KILL && die()))
const unit = runtime.use('counter')
const { total, steps } = unit.state.columns
console.log(JSON.stringify({ version: unit.version, label: unit.exports.label(), total: total[0], steps: steps[0] }))
if (EDIT) {
  for (let i = 0; i < 100; i++) {
    runtime.tick()
    unit.exports.step(1, -1)
  }
  await runtime.checkpoint()
  setInterval(() => {
    runtime.tick()
    unit.exports.step(1, -1)
  }, 2)
  writeFileSync('units/counter.ts', EDIT)
  if (KILL === 'detect') die()
  if (KILL && Number(KILL) >= 0) setTimeout(die, Number(KILL))
} else await runtime.close()
`

const KILL = `process.kill(process.pid, 'SIGKILL')`
const imports = `import { isMainThread } from 'node:worker_threads'`
const shape = { version: '2.0.0', by: 2, columns: 'more: u32(8),', imports }
const migrate = (up: string, down = '') => `migrate: { '^1.0.0': { up() { ${up} }, down() { ${down} } } },`
const bad = (step: string) => ({ ...shape, body: 'let age = 0', step: `if (++age > 3) ${step}` })
const good = counter({ ...shape, unit: migrate('') })
const inMain = `if (isMainThread) ${KILL}`

interface Case {
  readonly edit: string
  /** what an event tells of when it is killed; without it, the unit kills */
  readonly kill?: string
  /** which versions may run afterwards */
  readonly boots: 'files' | 'permanent' | 'either'
}

const CASES: Readonly<Record<string, Case>> = {
  detect: { edit: good, kill: 'detect', boots: 'files' },
  stage: { edit: good, kill: 'stage', boots: 'either' },
  rehearse: { edit: counter({ ...shape, body: `if (!isMainThread) ${KILL}` }), boots: 'permanent' },
  check: { edit: counter({ ...shape, unit: migrate(`if (!isMainThread) ${KILL}`) }), boots: 'permanent' },
  prepare: { edit: counter({ ...shape, unit: migrate(''), body: inMain }), boots: 'permanent' },
  park: { edit: good, kill: 'park', boots: 'permanent' },
  migrate: { edit: counter({ ...shape, unit: migrate(inMain) }), boots: 'permanent' },
  verify: { edit: counter({ ...shape, unit: `${migrate('')} verify() { ${inMain} },` }), boots: 'permanent' },
  commit: { edit: counter({ ...shape, unit: `${migrate('')} setup() { ${inMain} },` }), boots: 'permanent' },
  probation: { edit: counter({ ...bad(KILL), unit: migrate('') }), boots: 'permanent' },
  down: { edit: counter({ ...bad(`throw new Error('no')`), unit: migrate('', inMain) }), boots: 'permanent' },
  rollback: {
    edit: counter({ ...bad(`throw new Error('no')`), unit: migrate('') }),
    kill: 'rollback',
    boots: 'permanent',
  },
  permanent: { edit: good, kill: 'permanent', boots: 'either' },
  'no phase in particular, early': { edit: good, kill: '12', boots: 'either' },
  'no phase in particular, later': { edit: good, kill: '45', boots: 'either' },
}

/** Runs the engine to its end, however that comes. */
async function engine(root: string, env: Record<string, string>) {
  const child = spawn(process.execPath, [join(root, 'engine.mjs')], {
    cwd: root,
    env: { ...process.env, ...env },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      said += data
    })
  const [code, signal] = await once(child, 'close')
  return { end: signal ?? code, said }
}

async function restarted({ edit, kill = '' }: Case) {
  const root = folder({ 'engine.mjs': ENGINE, 'units/counter.ts': counter() })
  const first = await engine(root, { EDIT: edit, KILL: kill })
  const second = await engine(root, {})
  const store = await Store.read(join(root, 'kept'))
  const problems = [...(await store.verify()).problems, ...(await store.verifyJournal()).breaks]
  await store.close()
  return { first, second, problems }
}

test('killed in any phase, an engine starts with a whole version, a whole state and a whole store', {
  timeout: 200_000,
}, async () => {
  const all = Object.entries(CASES).map(async ([phase, each]) => ({
    phase,
    each,
    ...(await restarted(each)),
  }))
  for (const { phase, each, first, second, problems } of await Promise.all(all)) {
    expect([first.end, second.end], `${phase}: ${first.said} ${second.said}`).toEqual(['SIGKILL', 0])
    expect(problems, phase).toEqual([])
    const found = JSON.parse(second.said.split('\n')[0]!)
    const isNew = found.version === '2.0.0'
    expect(found, phase).toMatchObject(
      isNew ? { label: 'v2.0.0 by 2' } : { version: '1.0.0', label: 'v1.0.0 by 1' },
    )
    if (each.boots !== 'either') expect(isNew, phase).toBe(each.boots === 'files')
    // The state as it was saved, or as it became permanent with steps of two: never something between.
    if (found.steps === 100) expect(found.total, phase).toBe(100)
    else expect(isNew && found.total > found.steps && found.total < 2 * found.steps, phase).toBe(true)
  }
})
