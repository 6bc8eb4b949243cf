import type { Command } from 'commander'
import { Option } from 'commander'
import { paint } from './colour.ts'
import { type Check, examine, type Verdict } from './doctor/checks.ts'
import { EXIT } from './exit-codes.ts'
import { FORMATS, type Format, layOut, print } from './format.ts'

const HELP = `
Examples:
  tickswap doctor
  tickswap doctor --units ./systems --admin 9464 --format json

Looks at the machine, Node, the addon, limits, permissions and ports, and says what to do. Exits with 1
when something will not work; warnings do not count.`

const MARKS: Record<Verdict, string> = { ok: 'ok', warning: 'WARNING', failed: 'FAILED' }
const COLOURS = { ok: 'green', warning: 'yellow', failed: 'red' } as const

interface DoctorOptions {
  units?: string
  admin?: string
  format: Format
}

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check whether tickswap can run well here')
    .addOption(new Option('--units <dir>', 'a folder of units to look at').env('TICKSWAP_UNITS'))
    .addOption(new Option('--admin <port>', 'a port to look at'))
    .addOption(new Option('--format <format>', 'how to print').choices(FORMATS).default('table'))
    .addHelpText('after', HELP)
    .action(async ({ units, admin, format }: DoctorOptions) => {
      const checks = await examine({ units, port: admin })
      if (format === 'table') console.log(sheet(checks))
      else print(checks, format)
      process.exitCode = checks.some(({ verdict }) => verdict === 'failed') ? EXIT.failed : EXIT.ok
    })
}

function sheet(checks: readonly Check[]): string {
  const advice = checks.flatMap(({ name, advice }) => (advice ? [`${name}: ${advice}`] : []))
  const table = layOut(
    checks.map(({ name, verdict, found }) => [name, paint(COLOURS[verdict], MARKS[verdict]), found]),
  )
  return [table, ...advice].join('\n')
}
