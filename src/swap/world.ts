import { TickswapError } from '../errors.ts'
import { UnitState } from '../state/memory.ts'
import type { Linker } from '../units/code/linker.ts'
import { type BoundUnit, isUnit, type Peers } from '../units/unit.ts'
import type { BootMessage, OwnState } from './protocol.ts'

/** A unit as it runs in one participant. */
export interface LiveUnit {
  readonly name: string
  readonly file: string
  readonly version: string
  readonly unit: BoundUnit
  readonly state: UnitState
  /** the exports of its file, live */
  readonly namespace: object
}

/** Everything that runs in one participant. */
export interface World {
  readonly linker: Linker
  readonly units: Map<string, LiveUnit>
}

/** The definitions of what runs, as of when they are asked for. */
export const peersIn =
  ({ units }: World): Peers =>
  () =>
    [...units.values()].map(({ name, unit }) => [name, unit.definition] as const)

/** Loads and binds every unit, fills new state if this participant is the first, and sets up. */
export async function bootWorld(world: World, message: BootMessage, participant: number): Promise<void> {
  await world.linker.loadAsync(message.base)
  for (const { unit: name, file, version, memory, resumed } of message.units) {
    const namespace = world.linker.namespace(file) as { unit?: unknown }
    if (!isUnit(namespace.unit))
      throw new TickswapError('TICKSWAP_E_NOT_A_UNIT', `${file} exports no unit`, { file })
    const unit = namespace.unit
    const soft = (unit.definition.state?.soft?.() ?? {}) as Record<string, unknown>
    Object.assign(soft, resumed?.own?.soft)
    const live: LiveUnit = { name, file, version, unit, namespace, state: new UnitState(memory, soft) }
    fillOwn(live.state, resumed?.own)
    unit.bind(live.state, peersIn(world))
    world.units.set(name, live)
  }
  const units = [...world.units.values()]
  const resumed = new Set(message.units.flatMap((each) => (each.resumed ? [each.unit] : [])))
  if (message.first)
    for (const { name, unit, state } of units) if (!resumed.has(name)) unit.definition.init?.(state)
  const context = { reason: message.first ? 'boot' : 'join', participant } as const
  for (const { unit, state } of units) unit.definition.setup?.(state, context)
}

/** Columns that kept name, type and length have what the participant of that name had in them. */
function fillOwn({ columns, memory }: UnitState, own: OwnState | undefined): void {
  for (const { name } of memory.own.slots) {
    const [to, from] = [columns[name]!, own?.columns[name]]
    if (from?.constructor === to.constructor && from.length === to.length) to.set(from as never)
  }
}
