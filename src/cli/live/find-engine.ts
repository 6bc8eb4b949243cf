import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type EngineRecord, enginesIn } from '../../admin/socket/place.ts'
import { TickswapError } from '../../errors.ts'

const FOLDER = '.tickswap'

/** Where to look for the engine, as every live command takes it. */
export interface EngineChoice {
  /** the folder of its socket; default: `.tickswap` here or in the nearest folder above that has one */
  readonly folder?: string
  readonly pid?: number
}

/** Whether there is an engine to ask, or several. */
export const isEngineRunning = (choice: EngineChoice): boolean => candidates(choice).engines.length > 0

function candidates({ folder, pid }: EngineChoice): { place: string | undefined; engines: EngineRecord[] } {
  const place = folder === undefined ? nearest(process.cwd()) : resolve(folder)
  const all = place === undefined ? [] : enginesIn(place)
  return { place, engines: all.filter((engine) => pid === undefined || engine.pid === pid) }
}

/** The one engine that is meant. @throws TickswapError NO_ENGINE, with what there is */
export function findEngine(choice: EngineChoice): EngineRecord {
  const { pid } = choice
  const { place, engines } = candidates(choice)
  if (engines.length === 1) return engines[0]!
  const where = place ?? join(process.cwd(), FOLDER)
  const which = pid === undefined ? 'no engine runs' : `no engine with process id ${pid} runs`
  if (engines.length === 0) throw new TickswapError('TICKSWAP_E_NO_ENGINE', `${which}, going by ${where}`)
  const list = engines.map((engine) => `${engine.pid} (units in ${engine.units})`).join(', ')
  throw new TickswapError('TICKSWAP_E_NO_ENGINE', `several engines run: ${list}; choose one with --pid`)
}

/** The engine that holds the store in a folder, if there is one that can be reached. */
export function engineOfStore(folder: string): EngineRecord | undefined {
  return enginesIn(folder).find(({ store }) => store !== undefined && realpath(store) === realpath(folder))
}

const realpath = (path: string): string | undefined => (existsSync(path) ? realpathSync(path) : undefined)

function nearest(from: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    if (existsSync(join(at, FOLDER)) && enginesIn(join(at, FOLDER)).length > 0) return join(at, FOLDER)
    if (dirname(at) === at) return undefined
  }
}
