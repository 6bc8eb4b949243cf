import type { State, UnitDefinition } from '../units/unit.ts'
import { type Layout, layoutOf, viewsOf } from './layout.ts'

const roomFor = ({ bytes }: Layout): ArrayBuffer => new ArrayBuffer(bytes)

/** State of a version in memory of its own; `arena` holds the shared columns, when there are any yet. */
export function freshState(definition: UnitDefinition, arena?: ArrayBufferLike): State {
  const columns = definition.state?.columns ?? {}
  const [shared, own] = [layoutOf(columns, 'shared'), layoutOf(columns, 'participant')]
  const views = { ...viewsOf(shared, arena ?? roomFor(shared)), ...viewsOf(own, roomFor(own)) }
  return { columns: views, soft: definition.state?.soft?.() ?? {} } as State
}
