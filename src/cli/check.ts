import { existsSync } from 'node:fs'
import { sep } from 'node:path'
import { type Command, Option } from 'commander'
import { TickswapError } from '../errors.ts'
import { committed } from './check/git-base.ts'
import { printMatrix, rulesOf } from './check/matrix.ts'
import { preview } from './check/preview.ts'
import { show } from './check/show.ts'
import { givenFolder, nearestFolder, realFile } from './check/units-folder.ts'
import { EXIT } from './exit-codes.ts'
import { type Format, print } from './format.ts'
import { formatOption, storeOption } from './store-option.ts'
import { storeOf } from './versions/known-versions.ts'

const HELP = `
Examples:
  tickswap check systems/traffic.ts
  tickswap check --base v1.2 systems/traffic.ts systems/roads.ts
  tickswap check --format json systems/lib/rates.ts
  tickswap check traffic --matrix            which of its versions may follow which

The files are saved together: one swap. What they were is taken from git; without a repository, or when
they do not differ, they count as changed in what they do, with the exports and imports they have.
None of the code is run: exports, state, migrations and requirements are taken as the sources declare them.

Units are looked for in the folder of --units, or of TICKSWAP_UNITS; by default in the nearest folder
upwards that holds units, and on from there as long as the folder above holds more of them, below the
folder of the package or repository.

With --matrix the argument is one unit, by name or file. Its versions are those that git and the store of an
engine have, the latest build of each number, and what is on disk.

Exits with 1 where saving would be refused.`

interface CheckOptions {
  units?: string
  base?: string
  matrix?: true
  builds?: true
  rules?: string
  store: string
  format: Format
}

export function registerCheck(program: Command): void {
  program
    .command('check')
    .description('show what saving files would do: what re-evaluates, what rebinds, which units move')
    .argument('<files...>', 'files below a folder of units; with --matrix one unit')
    .addOption(new Option('--units <dir>', 'the folder of the units').env('TICKSWAP_UNITS'))
    .addOption(
      new Option('--base <revision>', 'what to compare with: a git revision, or "none" (default: HEAD)'),
    )
    .option('--matrix', 'compare all versions of one unit with each other')
    .option('--builds', 'with --matrix: every build of a version')
    .option('--rules <file>', 'rules for certain transitions, in YAML or JSON')
    .addOption(storeOption())
    .addOption(formatOption())
    .addHelpText('after', HELP)
    .action(check)
}

async function check(names: readonly string[], options: CheckOptions, command: Command): Promise<void> {
  const { units, base, format, rules } = options
  if (options.matrix) {
    const [name, more] = names
    if (more !== undefined) throw new TickswapError('TICKSWAP_E_USAGE', '--matrix takes one unit')
    const store = storeOf(command, options.store)
    return printMatrix(name!, { units, rules, store, builds: options.builds === true, format })
  }
  const files = [...new Set(names.map(realFile))]
  const revision = base === 'none' ? undefined : (base ?? 'HEAD')
  for (const file of files) {
    if (base !== undefined && revision) requireRevision(file, revision)
    requireFile(file, revision)
  }
  const folder = units === undefined ? await folderOf(files) : givenFolder(units)
  const found = await preview({ folder, files, revision, rules: rulesOf(rules) })
  if (format === 'table') console.log(show(found))
  else print(found, format)
  process.exitCode = found.outcome === 'refused' ? EXIT.failed : EXIT.ok
}

function requireRevision(file: string, revision: string): void {
  if (committed(file, revision)) return
  throw new TickswapError('TICKSWAP_E_USAGE', `--base: git knows no revision ${revision} of ${file}`)
}

/** A file that is gone can be checked as long as there was one. */
function requireFile(file: string, revision: string | undefined): void {
  const was = revision === undefined || existsSync(file) ? undefined : committed(file, revision)
  if (existsSync(file) || (was && was !== 'absent')) return
  throw new TickswapError('TICKSWAP_E_USAGE', `there is no file ${file}`)
}

/** The folder that holds the units of all files. */
async function folderOf(files: readonly string[]): Promise<string> {
  const folders = await Promise.all(files.map(nearestFolder))
  const widest = folders.reduce((a, b) => (b.length < a.length ? b : a))
  if (folders.every((folder) => folder === widest || folder.startsWith(widest + sep))) return widest
  const message = `the files belong to different folders of units: ${[...new Set(folders)].join(', ')}`
  throw new TickswapError('TICKSWAP_E_USAGE', message)
}
