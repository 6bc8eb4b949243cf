import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Change, sentence } from '../version/compatibility/change.ts'
import { compareVersions } from '../version/compatibility/transition.ts'
import { Version } from '../version/version.ts'
import { tell } from './check/show.ts'
import { type Format, layOut, print } from './format.ts'
import { formatOption, storeOption } from './store-option.ts'
import { findUnit } from './versions/find-unit.ts'
import { pick } from './versions/git-versions.ts'
import { knownVersions, storeOf } from './versions/known-versions.ts'
import type { KnownVersion } from './versions/timeline.ts'

const HELP = `
Examples:
  tickswap diff traffic 1.4.0 2.0.0
  tickswap diff traffic 1.4.0 working        against what is on disk
  tickswap diff traffic 1.4.0 1.4.0.3 --format json

Versions are those that \`tickswap history --versions\` lists; one without a build is the latest build of that number.`

export function registerDiff(program: Command): void {
  program
    .command('diff')
    .description('what changed between two versions of a unit: exports, state, requirements, size')
    .argument('<unit>', 'name of a unit, or its file')
    .argument('<from>', 'a version', versionArgument)
    .argument('<to>', 'a version, or "working" for what is on disk', versionArgument)
    .addOption(new Option('--units <dir>', 'the folder of the units').env('TICKSWAP_UNITS'))
    .addOption(storeOption())
    .addOption(formatOption())
    .addHelpText('after', HELP)
    .action(diff)
}

function versionArgument(text: string): string {
  if (text === 'working' || Version.isValid(text)) return text
  throw new InvalidArgumentError('it is a version such as 1.4.0, or "working"')
}

interface DiffOptions {
  units?: string
  store: string
  format: Format
}

async function diff(name: string, from: string, to: string, options: DiffOptions, command: Command) {
  const store = storeOf(command, options.store)
  const versions = (await knownVersions(await findUnit(name, options.units), store)).all()
  const result = difference(pick(versions, from), pick(versions, to), versions)
  if (options.format === 'table') console.log(show(result))
  else print(result, options.format)
}

function difference(a: KnownVersion, b: KnownVersion, all: readonly KnownVersion[]) {
  const stored = all.map(({ descriptor }) => descriptor)
  const { verdict, actions, level, changes, findings } = compareVersions(a.descriptor, b.descriptor, {
    stored,
  })
  const of = (...kinds: readonly Change['of'][]) =>
    changes
      .filter((change) => kinds.includes(change.of))
      .map(({ name, what, level: asks }) => ({ name, what, asks }))
  return {
    unit: b.descriptor.unit,
    from: a.descriptor.version,
    to: b.descriptor.version,
    verdict,
    actions,
    step: level,
    exports: of('export'),
    state: of('column', 'soft'),
    requires: of('requirement'),
    flags: {
      added: b.descriptor.flags.filter((flag) => !a.descriptor.flags.includes(flag)),
      removed: a.descriptor.flags.filter((flag) => !b.descriptor.flags.includes(flag)),
    },
    bytes: { from: a.bytes, to: b.bytes },
    changes: changes.map(sentence),
    findings,
  }
}

function show(found: ReturnType<typeof difference>): string {
  const { unit, from, to, verdict, actions, step, flags, bytes, findings } = found
  const about = [
    [unit, `${from} -> ${to}`],
    ['verdict', verdict],
    ['actions', actions.join(', ') || 'none'],
    ['asks for', step],
    ['bytes', `${bytes.from} -> ${bytes.to}`],
    ...(flags.added.length > 0 ? [['flags added', flags.added.join(', ')]] : []),
    ...(flags.removed.length > 0 ? [['flags removed', flags.removed.join(', ')]] : []),
  ]
  const rows = (['exports', 'state', 'requires'] as const).flatMap((part) =>
    found[part].map(({ name, what, asks }) => [part, name, what, asks]),
  )
  const parts = [layOut(about)]
  if (rows.length > 0) parts.push(layOut(rows, ['part', 'name', 'what', 'asks for']))
  return [...parts, ...findings.map(tell)].join('\n\n')
}
