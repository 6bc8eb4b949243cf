import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Engine } from '../store/engine.ts'
import { counter } from '../support/counter.ts'
import { Repository, unit } from './repository.ts'

const COUNTER = 'systems/counter.ts'

test('versions that ran stand beside those of git, with the numbers they ran with', async () => {
  const repository = new Repository({ 'package.json': '{ "type": "module" }', [COUNTER]: counter() })
  const store = ['--store', join(repository.root, '.tickswap')]
  const engine = await Engine.start(join(repository.root, 'systems'), { path: store[1] })
  const permanent = (to: string) =>
    engine.hears(({ event, units }) => event === 'permanent' && JSON.stringify(units).includes(`"${to}"`))
  repository.write(COUNTER, counter({ by: 2, body: 'export const lanes = 2' }))
  await permanent('1.0.0.1')
  repository.write(COUNTER, counter({ by: 3 }))
  await permanent('1.0.0.2')
  await engine.close()
  repository.commit('feat: by 3')
  repository.write(COUNTER, counter({ version: '2.0.0' }))
  const { versions } = await repository.json('history', 'counter', '--versions', ...store)
  const [first, second] = repository.git('log', '--reverse', '--format=%h').trim().split('\n')
  expect(
    versions.map(({ version, where, verdict }: Record<string, string>) => [version, where, verdict]),
  ).toEqual([
    ['1.0.0', `git ${first}, store`, null],
    ['1.0.0.1', 'store', 'compatible'],
    ['1.0.0.2', `git ${second}, store`, 'breaking'],
    ['2.0.0', 'working tree', 'breaking'],
  ])
  const { exports } = await repository.json('diff', 'counter', '1.0.0.1', 'working', ...store)
  expect(exports).toMatchObject([{ name: 'lanes', what: 'is removed' }])
  const matrix = await repository.json('check', 'counter', '--matrix', '--builds', ...store)
  expect(matrix.versions).toEqual(['1.0.0', '1.0.0.1', '1.0.0.2', '2.0.0'])
  expect(await repository.json('history', 'counter', ...store)).toMatchObject([
    { outcome: 'boot' },
    { outcome: 'committed' },
    { outcome: 'permanent', to: '1.0.0.1' },
    { outcome: 'committed' },
    { outcome: 'permanent', to: '1.0.0.2' },
  ])
  const none = await repository.run('diff', 'counter', '1.0.0', 'working', '--store', 'nowhere')
  expect([none.code, none.stdout]).toEqual([1, ''])
  expect(none.stderr).toContain('TICKSWAP_E_STORE_MISSING')
}, 60_000)

test('an edit is compared with versions from before the start, and they are a way out of a conflict', async () => {
  const columns = (names: string) => `  state: { columns: { ${names} } },\n`
  const needs = (version: string, range: string) => unit(version, '', `  requires: { roads: '${range}' },\n`)
  const repository = new Repository({
    [COUNTER]: counter(),
    'systems/roads.ts': unit('1.5.0', '', columns('lanes: f32(8)')),
    'systems/traffic.ts': needs('1.3.0', '^1.0.0'),
  })
  const [units, path] = [join(repository.root, 'systems'), join(repository.root, '.tickswap')]
  const isPermanent = ({ event }: { event?: unknown }) => event === 'permanent'
  const first = await Engine.start(units, { path })
  repository.write('systems/traffic.ts', needs('1.4.0', '>=1.5.0 <2'))
  await first.hears(isPermanent)
  await first.close()
  const again = await Engine.start(units, { path })
  repository.write('systems/roads.ts', unit('1.2.0', '', columns('lanes: f32(8)')))
  const { findings } = (await again.hears(({ event }) => event === 'reject')) as never as {
    findings: { code: string; advice: string }[]
  }
  expect(findings.find(({ code }) => code === 'TICKSWAP_E_REQUIREMENT')!.advice).toMatch(
    /^Roll traffic back from 1\.4\.0 to 1\.3\.0, which satisfies everybody/,
  )
  await again.close()
}, 60_000)
