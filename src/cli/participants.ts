import type { Command } from 'commander'
import type { ParticipantStatus } from '../admin/engine-view.ts'
import { layOut, print } from './format.ts'
import { type LiveOptions, live } from './live/command.ts'
import { withEngine } from './live/connection.ts'

const HELP = `
Examples:
  tickswap participants
  tickswap participants --format json

The interval is the time from one tick() to the next, over the last second.`

export function registerParticipants(program: Command): void {
  live(program.command('participants').description('the threads of a running engine that tick'))
    .addHelpText('after', HELP)
    .action(async (options: LiveOptions) => {
      const all = (await withEngine(options, (engine) => engine.ask('participants'))) as ParticipantStatus[]
      if (options.format === 'table') console.log(layOut(all.map(participantRow), PARTICIPANT_HEAD))
      else print(all, options.format)
    })
}

export const PARTICIPANT_HEAD = ['participant', 'state', 'tick', 'ticks/s', 'interval ms', 'p99', 'worst']

export function participantRow(one: ParticipantStatus): string[] {
  const { name, state, tick, ticksPerSecond, interval } = one
  const times = [interval?.median, interval?.p99, interval?.worst].map((ms) => ms?.toFixed(2) ?? '-')
  return [name, state, String(tick), ticksPerSecond.toFixed(1), ...times]
}
