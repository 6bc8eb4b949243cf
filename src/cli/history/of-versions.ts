import { TickswapError } from '../../errors.ts'
import { compareVersions } from '../../version/compatibility/transition.ts'
import { type Format, layOut, print } from '../format.ts'
import { findUnit } from '../versions/find-unit.ts'
import { knownVersions } from '../versions/known-versions.ts'
import type { KnownVersion } from '../versions/timeline.ts'

/** Prints the versions that are known of a unit. */
export async function historyOfVersions(
  name: string,
  { units, store, format }: { units?: string; store: string | undefined; format: Format },
): Promise<void> {
  const source = await knownVersions(await findUnit(name, units), store)
  const { unit } = source.onDisk().descriptor
  const versions = entriesOf(await source.versions(unit))
  if (versions.length === 0)
    throw new TickswapError('TICKSWAP_E_NO_HISTORY', `there are no versions of ${unit}`, {
      file: source.file,
    })
  if (format !== 'table') return print({ unit, file: source.file, versions }, format)
  const rows = versions.map((each) => [
    each.version,
    each.at.slice(0, 16).replace('T', ' '),
    each.where,
    each.verdict ?? 'first',
    each.bytes.toString(),
    each.subject ?? '',
  ])
  console.log(layOut(rows, ['version', 'since', 'where', 'verdict', 'bytes', 'what was said']))
}

function entriesOf(versions: readonly KnownVersion[]) {
  return versions.map(({ descriptor, at, where, commit, subject, bytes }, index) => {
    const before = versions[index - 1]?.descriptor
    return {
      version: descriptor.version,
      at: new Date(at).toISOString(),
      where,
      commit: commit ?? null,
      subject: subject ?? null,
      hash: descriptor.hash,
      bytes,
      verdict: before ? compareVersions(before, descriptor).verdict : null,
    }
  })
}
