import { type Command, InvalidArgumentError, Option } from 'commander'
import type { EngineEvent } from '../../admin/engine-view.ts'
import { TickswapError } from '../../errors.ts'
import type { Strategy, SwapProgress, SwapReport } from '../../swap/report.ts'
import { EXIT } from '../exit-codes.ts'
import { print } from '../format.ts'
import { ProgressBar } from '../progress-bar.ts'
import { type LiveOptions, live } from './command.ts'
import { type Connection, withEngine } from './connection.ts'
import { describe } from './describe.ts'

const STRATEGIES = ['auto', 'manual', 'force', 'dry-run'] as const satisfies readonly Strategy[]

/** The options of commands that change what runs. */
export interface ChangeOptions extends LiveOptions {
  readonly strategy?: Strategy
  readonly dryRun?: boolean
  readonly confirmMs?: number
  readonly wait?: boolean
}

/** Adds --strategy, --dry-run, --confirm-ms and --wait to what every live command has. */
export function changing(command: Command): Command {
  return live(command)
    .addOption(
      new Option('--strategy <strategy>', 'how to go about it; see docs/swap.md').choices(STRATEGIES),
    )
    .addOption(
      new Option(
        '--dry-run',
        'everything up to the decision, which is against: --strategy dry-run',
      ).conflicts('strategy'),
    )
    .addOption(
      new Option('--confirm-ms <ms>', 'how long a manual one waits for consent').argParser(milliseconds),
    )
    .option('--wait', 'wait until probation is over; exits with 1 when it was rolled back')
}

/** What an operation is asked with, out of these options. */
const termsOf = ({ strategy, dryRun, confirmMs }: ChangeOptions): object => ({
  ...(strategy !== undefined && { strategy }),
  ...(dryRun && { strategy: 'dry-run' }),
  ...(confirmMs !== undefined && { confirmMs }),
})

/** Asks for a change, shows how far it has come, prints its report, and sets the exit code by its outcome. */
export async function change(
  operation: 'swap' | 'rollback',
  params: object,
  options: ChangeOptions,
): Promise<void> {
  const bar = new ProgressBar()
  try {
    const report = await withEngine(options, async (engine) => {
      const end = await followed(engine, bar)
      const asked = (await engine.ask(operation, { ...params, ...termsOf(options) })) as SwapReport
      const isOver = asked.outcome !== 'committed' || !options.wait
      return isOver ? asked : Promise.race([end(asked.id), gone(engine)])
    })
    bar.end()
    conclude(report, options)
  } finally {
    bar.end()
  }
}

/** Draws the bar from now on. @returns resolves with the report that ends a swap */
async function followed(engine: Connection, bar: ProgressBar): Promise<(id: number) => Promise<SwapReport>> {
  const over = new Map<number, SwapReport>()
  let tell = () => {}
  const onEvent = ({ payload }: EngineEvent) => {
    if (!('outcome' in payload) || payload.outcome === 'committed') return
    over.set(payload.id, payload)
    tell()
  }
  await engine.follow((progress) => draw(bar, progress), onEvent)
  return async (id) => {
    while (!over.has(id))
      await new Promise<void>((resolve) => {
        tell = resolve
      })
    return over.get(id)!
  }
}

async function gone(engine: Connection): Promise<never> {
  await engine.ended
  throw new TickswapError('TICKSWAP_E_NO_ENGINE', 'the engine ended before the probation did')
}

function draw(bar: ProgressBar, progress: SwapProgress | null): void {
  if (!progress) return bar.end()
  const { phase, done, total, waiting } = progress
  const names = waiting.map(({ participant, tick }) => `${participant} at tick ${tick}`)
  bar.show(phase, done, total, names.length > 0 ? `waits for ${names.join(', ')}` : '')
}

function conclude(report: SwapReport, { format }: LiveOptions): void {
  if (format === 'table') console.log(describe(report))
  else print(report, format)
  const went = ['committed', 'permanent', 'unchanged', 'dry-run'].includes(report.outcome)
  process.exitCode = went ? EXIT.ok : EXIT.failed
}

function milliseconds(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('it is a number of milliseconds from 1 to 3600000.')
}
