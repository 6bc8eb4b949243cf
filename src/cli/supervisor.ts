import { constants } from 'node:os'
import { TickswapError } from '../errors.ts'
import { Backoff, MOST_RESTARTS } from './backoff.ts'
import { type Ending, type Engine, exitCodeOf, startEngine } from './engine-process.ts'
import { EXIT } from './exit-codes.ts'
import { reading } from './store-option.ts'
import { UserSignals } from './user-signals.ts'

/** When an engine that ended is started again: after a death in probation, after any failure, never. */
export const RESTARTS = ['probation', 'always', 'never'] as const
export type Restarts = (typeof RESTARTS)[number]

/** With these somebody ends a process from outside and means it. */
const INTENDED: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP'])

/**
 * Runs an engine, and starts it again when it died while it tried a new version: it then boots what was permanent, with
 * the state that was saved last.
 * @param store where the engine keeps its store; a folder without one is a process without probation to remember
 * @returns the exit code to pass on
 */
export async function supervise(engine: Engine, restarts: Restarts, store: string): Promise<number> {
  const signals = new UserSignals()
  const backoff = new Backoff()
  try {
    for (let again: Record<string, string> = {}; ; ) {
      const startedAt = Date.now()
      const { child, ended } = startEngine({ ...engine, env: { ...engine.env, ...again } })
      signals.forwardTo(child)
      const ending = await ended
      if (!isDeath(ending) || signals.asked || restarts === 'never') return exitCodeOf(ending)
      const ranMs = Date.now() - startedAt
      const tried = await triedSince(startedAt, store)
      if (tried.length === 0 && restarts === 'probation') return exitCodeOf(ending)
      const how = describe(ending, ranMs, tried)
      const next = backoff.next(performance.now(), ranMs)
      if (!next) {
        say(`${how}; it has been started again ${MOST_RESTARTS} times within a minute and is left`)
        return exitCodeOf(ending)
      }
      say(`${how}; it starts again in ${next.waitMs} ms (${next.count} of ${MOST_RESTARTS} in a minute)`)
      await signals.pause(next.waitMs)
      if (signals.asked) return EXIT.signal + constants.signals[signals.asked]
      again = { TICKSWAP_RESUME: '1', TICKSWAP_RESTARTED: `${how} (restart ${next.count})` }
    }
  } finally {
    signals.close()
    if (process.send && process.connected) process.disconnect()
  }
}

/** An exit with 0, or what a person did to the process, is an end that somebody wanted. */
const isDeath = ({ code, signal }: Ending): boolean => code !== 0 && !(signal && INTENDED.has(signal))

/** The versions that the process was trying when it ended. */
async function triedSince(startedAt: number, store: string): Promise<string[]> {
  try {
    const pointers = await reading(store, ({ pointers }) => pointers.all())
    return [...pointers].flatMap(([unit, { trial }]) =>
      trial && trial.at >= startedAt ? [`${unit} ${trial.version}`] : [],
    )
  } catch (error) {
    const isMissing = error instanceof TickswapError && error.code === 'TICKSWAP_E_STORE_MISSING'
    if (!isMissing) say(`whether the engine was in probation cannot be read: ${(error as Error).message}`)
    return []
  }
}

function describe({ code, signal }: Ending, ranMs: number, tried: readonly string[]): string {
  const by = signal ? `was ended by ${signal}` : `ended with exit code ${code}`
  const during = tried.length > 0 ? ` while ${tried.join(', ')} was on trial` : ''
  return `the engine ${by} after ${(ranMs / 1000).toFixed(1)} s${during}`
}

function say(text: string): void {
  process.stderr.write(`tickswap: ${text}\n`)
}
