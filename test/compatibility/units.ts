import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { DiskTree } from '../../dist/cli/versions/trees.js'
import { UnitReader } from '../../dist/units/code/surface/unit-reader.js'
import type { UnitDescriptor } from '../../dist/version/compatibility/descriptor.js'
import { compareVersions, type Terms, type Transition } from '../../dist/version/compatibility/transition.js'

/** Writes files into a folder of their own. */
export function files(contents: Record<string, string>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'tickswap-compat-')))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}

/** The unit `traffic` as its source declares it. */
export function traffic(contents: string | Record<string, string>): UnitDescriptor {
  const root = files(typeof contents === 'string' ? { 'traffic.ts': contents } : contents)
  const unit = new UnitReader(new DiskTree()).read(join(root, 'traffic.ts'))
  if (!unit) throw new Error('traffic.ts declares no unit')
  return unit.descriptor
}

interface Parts {
  version?: string
  /** further fields of the declaration */
  unit?: string
  /** the rest of the file */
  body?: string
}

/** The source of the unit. The declaration's fields begin in line 3. */
export const source = ({ version = '1.4.2', unit = '', body = '' }: Parts = {}): string =>
  `import { defineUnit, f32, f64, u8 } from 'tickswap/module'
export const unit = defineUnit({
  version: '${version}',
  ${unit}
})
${body}
`

/** Compares two sources, as two real files. */
export const compare = (before: Parts, after: Parts, terms?: Terms): Transition =>
  compareVersions(traffic(source(before)), traffic(source(after)), terms)
