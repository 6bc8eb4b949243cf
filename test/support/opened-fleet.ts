import { joinRuntime, type Runtime } from '../../dist/index.js'
import { Fleet } from './fleet.ts'
import { open } from './opened.ts'
import { Scratch } from './scratch.ts'

export type FleetOptions = Parameters<typeof Fleet.start>[1]

/** What a unit of a test exports. */
export type Api = Record<string, (...args: unknown[]) => unknown>

/** Files and an engine that runs them, until the test is over. `at`: a folder that has the files already. */
export async function openFleet(
  files: Record<string, string>,
  options: Partial<FleetOptions> = {},
  at?: Scratch,
) {
  const scratch = at ?? (await Scratch.create(files))
  if (!at) open.push(scratch)
  const fleet = await Fleet.start(scratch, { unit: 'counter', ...options })
  open.push(fleet)
  return { scratch, fleet }
}

/** Another participant in the main thread; it must not be at a boundary together with the fleet's. */
export async function openCompanion(fleet: Fleet, name = 'companion'): Promise<Runtime> {
  const runtime = await joinRuntime(fleet.runtime.ticket(), { name })
  open.push(runtime)
  return runtime
}

export const columnsOf = (handle: { state: { columns: object } }) =>
  handle.state.columns as Record<string, number[]>
