import { expect, test } from 'vitest'
import { nextVersion } from '../../dist/control/check.js'
import { History } from '../../dist/control/history.js'
import type { SwapReport } from '../../dist/index.js'
import { Version } from '../../dist/version/version.js'

/** As much of a report as a history takes. */
function report(id: number, to: Version, outcome: SwapReport['outcome'] = 'permanent'): SwapReport {
  const units = [{ unit: 'traffic', from: '1.0.0', to: to.toString(), hash: `${id}` }]
  return { id, outcome, units, findings: [] } as unknown as SwapReport
}

test('a version is never given out twice, however long ago it was', () => {
  const history = new History()
  const first = Version.parse('1.0.0-rc.1')
  history.boot('traffic', first, '0', 0)
  history.record(report(1, Version.parse('1.0.0-rc.1.5+mine').withBuild(7), 'refused'))
  const other = Version.parse('2.0.0')
  const given = new Set<string>()
  for (let id = 2; id < 6000; id++) {
    const version = nextVersion(other, history.versions('traffic'))
    given.add(version.toString())
    history.record(report(id, version))
  }
  expect(given.size).toBe(5998)
  // What is looked up before an edit does not grow with the edits.
  expect(history.versions('traffic').length).toBe(2)
  expect(history.entries.length).toBe(4096)
  expect(nextVersion(first, history.versions('traffic')).build).toBe(8)
  expect(history.versions('roads')).toEqual([])
})
