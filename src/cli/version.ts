import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Argument, type Command, Option } from 'commander'
import { withRelease } from '../version/changelog.ts'
import { sentence } from '../version/compatibility/change.ts'
import { short, tell } from './check/show.ts'
import { FORMATS, type Format, layOut, print } from './format.ts'
import { findUnit } from './versions/find-unit.ts'
import { GitVersions } from './versions/git-versions.ts'
import { changelogOf, planVersion, STEPS, type Step, type VersionPlan } from './versions/plan-version.ts'
import { writeVersion } from './versions/write-version.ts'

const HELP = `
Examples:
  tickswap version traffic minor             1.4.2 becomes 1.5.0, in the unit's file
  tickswap version traffic auto              as large a step as the commits and the sources ask for
  tickswap version traffic auto --dry-run    what that would be, and why
  tickswap version systems/traffic.ts patch --format json

auto takes the larger of two: what the conventional commits since the present number say (feat: minor; fix and
others: patch; docs, test, chore: build; "!" or BREAKING CHANGE: major), and what has really changed in exports,
state and requirements. Before 1.0.0 a break is a minor step.

Only the text of the number changes in the unit's file. What happened since the last number goes into
CHANGELOG.<unit>.md beside it.`

interface VersionOptions {
  units?: string
  dryRun?: true
  allowDirty?: true
  changelog: boolean
  format: Format
}

export function registerVersion(program: Command): void {
  program
    .command('version')
    .description('give a unit its next version, with an entry in its changelog')
    .argument('<unit>', 'name of a unit, or its file')
    .addArgument(new Argument('<step>', 'how far').choices(STEPS))
    .addOption(new Option('--units <dir>', 'the folder of the units').env('TICKSWAP_UNITS'))
    .option('--dry-run', 'write nothing')
    .option('--allow-dirty', 'although files of the unit have changes that are not committed')
    .option('--no-changelog', 'leave the changelog alone')
    .addOption(new Option('--format <format>', 'how to print').choices(FORMATS).default('table'))
    .addHelpText('after', HELP)
    .action(version)
}

async function version(name: string, step: Step, options: VersionOptions): Promise<void> {
  const file = await findUnit(name, options.units)
  const plan = planVersion(new GitVersions(file), step, options.allowDirty === true)
  const isWritten = plan.level !== 'none' && !options.dryRun
  const { unit } = plan.current.descriptor
  const changelog = options.changelog && plan.level !== 'none' ? changelogOf(file, unit) : undefined
  if (isWritten) {
    const log = changelog && nextChangelog(changelog, plan)
    writeVersion(file, plan.current.declaration, plan.to.toString())
    if (changelog && log) writeFileSync(changelog, log)
  }
  const result = resultOf(file, plan, { isWritten, changelog })
  if (options.format === 'table') console.log(show(result))
  else print(result, options.format)
}

function nextChangelog(path: string, { current, to, commits, transition }: VersionPlan): string {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined
  const date = new Date().toISOString().slice(0, 10)
  const { unit } = current.descriptor
  return withRelease(before, {
    unit,
    version: to.toString(),
    date,
    commits,
    changes: transition?.changes ?? [],
  })
}

function resultOf(
  file: string,
  { current, from, to, level, commits, transition }: VersionPlan,
  { isWritten, changelog }: { isWritten: boolean; changelog: string | undefined },
) {
  return {
    unit: current.descriptor.unit,
    file,
    from: from.toString(),
    to: to.toString(),
    step: level,
    written: isWritten,
    changelog: changelog ?? null,
    commits: commits.map(({ hash, level: asks, type, description, breaking }) => {
      return { hash, asks, type, description, breaking }
    }),
    changes: (transition?.changes ?? []).map((change) => ({ asks: change.level, what: sentence(change) })),
    findings: transition?.findings ?? [],
  }
}

function show({
  unit,
  from,
  to,
  step,
  written,
  changelog,
  commits,
  changes,
  findings,
}: ReturnType<typeof resultOf>): string {
  const fate = step === 'none' ? `stays at ${from}: nothing has changed since` : `${from} -> ${to}, ${step}`
  const about = [[unit, written || step === 'none' ? fate : `${fate}; nothing written`]]
  if (changelog && written) about.push(['changelog', short(changelog)])
  const reasons = [
    ...commits.map(({ hash, asks, description }) => [asks, `commit ${hash.slice(0, 7)}`, description]),
    ...changes.map(({ asks, what }) => [asks, 'sources', what]),
  ]
  const parts = [layOut(about), ...(reasons.length > 0 ? [layOut(reasons, ['asks for', 'by', 'what'])] : [])]
  return [...parts, ...findings.map(tell)].join('\n\n')
}
