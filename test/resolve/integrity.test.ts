import { expect, test } from 'vitest'
import { Catalog, type Edition } from '../../dist/control/catalog.js'
import type { UnitMemory } from '../../dist/state/memory.js'
import type { Artifact } from '../../dist/units/code/artifact.js'
import { contractOf } from '../../dist/units/contract.js'
import { defineUnit } from '../../dist/units/unit.js'
import { Version } from '../../dist/version/version.js'

const FILE = '/units/traffic.ts'

function edition(version: string, code: string): Edition & { artifacts: { code: string }[] } {
  const contract = contractOf(defineUnit({ version }), FILE)
  const artifact = { id: FILE, file: FILE, hash: '0123456789abcdef', code, imports: [] }
  const artifacts = [artifact as unknown as Artifact]
  return { version: Version.parse(version), contract, hash: '0123456789abcdef', artifacts, record: 0, at: 1 }
}

test('code of a version that ran is refused once it is not what ran, with both hashes and the file', () => {
  const catalog = new Catalog()
  const [first, second] = [edition('1.0.0', 'one()'), edition('1.1.0', 'two()')]
  catalog.add(0, {} as UnitMemory, first)
  catalog.run(catalog.units.get('traffic')!, second)
  catalog.requireWhole(first)
  catalog.requireWhole(second)
  first.artifacts[0]!.code = 'other()'
  expect(() => catalog.requireWhole(first)).toThrow(
    /TICKSWAP_E_INTEGRITY: the code of traffic 1\.0\.0 was altered: its hash is [0-9a-f]{16}, and [0-9a-f]{16} was recorded \(\/units\/traffic\.ts/,
  )
  catalog.requireWhole(second)
  catalog.run(catalog.units.get('traffic')!, second)
  first.artifacts[0]!.code = 'one()'
  catalog.requireWhole(first)
})
