import { release } from 'node:os'
import { type Command, Option } from 'commander'
import { type Finding, TickswapError } from '../errors.ts'
import { type NativeDiagnostics, nativeDiagnostics } from '../native/diagnostics.ts'
import { packageVersion } from '../version/package-version.ts'
import { EXIT } from './exit-codes.ts'
import { FORMATS, type Format, print } from './format.ts'

/** What runs here. Absent `implementation`: no addon could be loaded, and `problem` says why. */
interface Diagnostics extends Partial<NativeDiagnostics> {
  tickswap: string
  node: string
  v8: string
  platform: string
  os: string
  forced?: string
  problem?: Pick<Finding, 'code' | 'message' | 'advice'>
}

export function registerDiagnostics(program: Command): void {
  program
    .command('diagnostics')
    .description('print versions, platform and the implementation of the native core that runs')
    .addOption(new Option('--format <format>', 'how to print').choices(FORMATS).default('table'))
    .addHelpText('after', '\nExits with 3 where the addon cannot be loaded.')
    .action((options: { format: Format }) => {
      const diagnostics = diagnose()
      print(diagnostics, options.format)
      process.exitCode = diagnostics.problem ? EXIT.unavailable : EXIT.ok
    })
}

function diagnose(): Diagnostics {
  const forced = process.env.TICKSWAP_FORCE_IMPL
  return {
    tickswap: packageVersion(),
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${process.platform}-${process.arch}`,
    os: release(),
    ...(forced ? { forced } : {}),
    ...core(),
  }
}

function core(): Partial<NativeDiagnostics> & Pick<Diagnostics, 'problem'> {
  try {
    return nativeDiagnostics()
  } catch (error) {
    if (!(error instanceof TickswapError)) throw error
    const { code, message, advice } = error.finding
    return { problem: { code, message, advice } }
  }
}
