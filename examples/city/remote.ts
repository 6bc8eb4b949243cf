/** Lets a parent process watch and steer the engine, when there is one (IPC). */
import type { SwapReport } from 'tickswap'
import { type Headline, headline } from './city-state.ts'
import type { Engine } from './engine.ts'
import type { View } from './view.ts'

export type Command =
  | { id: number; name: 'look'; restart?: boolean }
  | { id: number; name: 'hire' }
  | { id: number; name: 'rollback'; unit: string; to: string }
  | { id: number; name: 'say'; text: string }
  | { id: number; name: 'close' }

/** What the parent sees when it looks. */
export interface Look extends Headline {
  frame: number
  participants: number
  lost: number
  mixed: number
  /** exceptions that reached the engine */
  errors: number
  /** the longest boundary since the last look with `restart` */
  worstTickMs: number
  versions: Record<string, string>
  /** names of each unit's columns */
  columns: Record<string, string[]>
  /** numbers that the units export */
  constants: Record<string, Record<string, number>>
}

export type Message =
  | { type: 'ready' }
  | { type: 'event'; event: string; report: SwapReport; frame: number }
  | { type: 'reply'; id: number; value?: unknown; error?: string }

/** Sends the runtime's events to the parent, and does what it asks. */
export function obey(engine: Engine, view: View): void {
  if (!process.send) return
  const send = (message: Message): void => {
    process.send?.(message)
  }
  for (const event of ['swap', 'reject', 'rollback', 'permanent'] as const)
    engine.runtime.on(event, (report) => send({ type: 'event', event, report, frame: engine.frame() }))
  process.on('message', (command: Command) => {
    const { id } = command
    carryOut(engine, view, command).then(
      (value) => send({ type: 'reply', id, value }),
      (error) => send({ type: 'reply', id, error: String(error) }),
    )
  })
  process.on('disconnect', () => engine.close())
  send({ type: 'ready' })
}

async function carryOut(engine: Engine, view: View, command: Command): Promise<unknown> {
  switch (command.name) {
    case 'look':
      return look(engine, command.restart === true)
    case 'hire':
      return engine.hire()
    case 'rollback':
      return engine.runtime.rollback(command.unit, { to: command.to })
    case 'say':
      return view.say(command.text)
    case 'close':
      setImmediate(() => engine.close())
      return undefined
    default:
      return command satisfies never
  }
}

function look(engine: Engine, restart: boolean): Look {
  const { crew, ledger, handles } = engine
  const seen: Look = {
    ...headline(engine.city(), engine.frame()),
    frame: engine.frame(),
    participants: crew.members().length,
    lost: ledger.lost,
    mixed: ledger.mixed,
    errors: crew.errors(),
    worstTickMs: ledger.worstTickMs,
    versions: {},
    columns: {},
    constants: {},
  }
  for (const [name, handle] of handles) {
    seen.versions[name] = handle.version
    seen.columns[name] = Object.keys(handle.state.columns)
    const numbers = Object.entries(handle.exports as object).filter(([, value]) => typeof value === 'number')
    seen.constants[name] = Object.fromEntries(numbers)
  }
  if (restart) ledger.restart()
  return seen
}
