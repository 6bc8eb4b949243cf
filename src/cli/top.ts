import { type Command, InvalidArgumentError, Option } from 'commander'
import type { EngineEvent, ParticipantStatus } from '../admin/engine-view.ts'
import type { Health } from '../admin/health.ts'
import type { UnitView } from '../admin/unit-view.ts'
import { paint } from './colour.ts'
import { layOut } from './format.ts'
import { type LiveOptions, live } from './live/command.ts'
import { type Connection, withEngine } from './live/connection.ts'
import { describe } from './live/describe.ts'
import { PARTICIPANT_HEAD, participantRow } from './participants.ts'

const EVERY_MS = 500
/** events at the bottom of the screen */
const NEWS = 6
/** q, and Ctrl-C of a terminal in raw mode */
const KEYS_TO_END = ['q', '\x03']
const COLOURS = { healthy: 'green', degraded: 'yellow', critical: 'red' } as const
const HOME = '\x1b[H'
const CLEAR_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'
const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'

const HELP = `
Examples:
  tickswap top
  tickswap top --rounds 1        print once and end, for scripts

Ends with q or Ctrl-C.`

export function registerTop(program: Command): void {
  live(program.command('top').description('units, threads and swaps of a running engine, live'))
    .addOption(new Option('--rounds <n>', 'end after so many pictures').argParser(count))
    .addHelpText('after', HELP)
    .action((options: LiveOptions & { rounds?: number }) =>
      withEngine(options, (engine) => show(engine, options.rounds ?? Number.POSITIVE_INFINITY)),
    )
}

function count(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a number of rounds is a whole number from 1.')
}

async function show(engine: Connection, rounds: number): Promise<void> {
  const isScreen = process.stdout.isTTY && rounds > 1
  const news: string[] = []
  await engine.watch((event) => {
    news.push(headline(event))
    if (news.length > NEWS) news.shift()
  })
  const { over, stop } = untilKey()
  if (isScreen) process.stdout.write(ENTER)
  try {
    for (let round = 0; round < rounds; round++) {
      if (round > 0 && (await Promise.race([over, engine.ended, pause()])) !== 'next') break
      draw(await picture(engine, news), isScreen)
    }
  } finally {
    stop()
    if (isScreen) process.stdout.write(LEAVE)
  }
}

const pause = () => new Promise<'next'>((resolve) => setTimeout(resolve, EVERY_MS, 'next'))

/** Over by q, Ctrl-C or SIGTERM. */
function untilKey(): { over: Promise<void>; stop(): void } {
  const { stdin } = process
  let end = () => {}
  const over = new Promise<void>((resolve) => {
    end = resolve
  })
  const onKey = (key: Buffer) => void (KEYS_TO_END.includes(key.toString()) && end())
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  if (stdin.isTTY) stdin.setRawMode(true).on('data', onKey)
  const stop = () => {
    process.off('SIGINT', end)
    process.off('SIGTERM', end)
    if (stdin.isTTY) stdin.off('data', onKey).setRawMode(false).pause()
  }
  return { over, stop }
}

async function picture(engine: Connection, news: readonly string[]): Promise<string> {
  const [health, units, participants] = (await Promise.all([
    engine.ask('health'),
    engine.ask('units'),
    engine.ask('participants'),
  ])) as [Health, UnitView[], ParticipantStatus[]]
  return [
    `${paint(COLOURS[health.status], health.status)}, up ${Math.round(health.uptimeSeconds)} s`,
    ...health.reasons.map((reason) => `  ${reason}`),
    '',
    layOut(
      units.map(({ unit, version, state, hash, flags }) => [
        unit,
        version,
        state,
        hash,
        flags.join(' ') || '-',
      ]),
      ['unit', 'version', 'state', 'hash', 'flags'],
    ),
    '',
    layOut(participants.map(participantRow), PARTICIPANT_HEAD),
    '',
    ...(news.length > 0 ? news : ['nothing has changed since you look']),
  ].join('\n')
}

function headline({ event, payload }: EngineEvent): string {
  const time = new Date().toTimeString().slice(0, 8)
  if ('outcome' in payload) return `${time}  ${event}: ${describe(payload).split('\n')[0]}`
  if ('rule' in payload) return `${time}  ${payload.severity} alert: ${payload.message.split('\n')[0]}`
  return `${time}  ${event}: ${payload.code} ${payload.message.split('\n')[0]}`
}

/** On a screen over what was there before, otherwise line by line. */
function draw(text: string, isScreen: boolean): void {
  if (!isScreen) return console.log(text)
  const rows = process.stdout.rows ?? 24
  const lines = text.split('\n').slice(0, rows - 1)
  process.stdout.write(HOME + lines.map((line) => `${line}${CLEAR_LINE}\n`).join('') + CLEAR_BELOW)
}
