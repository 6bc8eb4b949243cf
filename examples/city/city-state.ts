/** The state of the whole city as the engine, the renderer and the demo read it. */

import type { unit as citizens } from './systems/citizens.ts'
import { DISTRICTS, slotOf, sum } from './systems/city.ts'
import type { unit as economy } from './systems/economy.ts'
import type { unit as power } from './systems/power.ts'
import type { unit as roads } from './systems/roads.ts'
import type { unit as terrain } from './systems/terrain.ts'
import type { unit as traffic } from './systems/traffic.ts'
import type { unit as zoning } from './systems/zoning.ts'

/** the columns of each unit */
export interface CityState {
  terrain: typeof terrain.state.columns
  roads: typeof roads.state.columns
  zoning: typeof zoning.state.columns
  power: typeof power.state.columns
  traffic: typeof traffic.state.columns
  citizens: typeof citizens.state.columns
  economy: typeof economy.state.columns
}

export interface Headline {
  people: number
  idle: number
  cars: number
  /** mean of all people, 0 to 1 */
  mood: number
  treasury: number
  /** megawatts */
  load: number
  output: number
  /** cells driven by all cars, ever */
  odometer: number
  /** how often every district of the traffic and of the people was stepped */
  trafficAge: number
  peopleAge: number
}

/** Sums the city up, as it stands after `frame`. */
export function headline(city: CityState, frame: number): Headline {
  const at = slotOf(frame) * DISTRICTS
  const { people, cheer, idle } = city.citizens
  const total = sum(people, at, DISTRICTS)
  let mood = 0
  for (let i = at; i < at + DISTRICTS; i++) mood += cheer[i]! * people[i]!
  return {
    people: total,
    idle: sum(idle, at, DISTRICTS),
    cars: sum(city.traffic.cars, at, DISTRICTS),
    mood: total > 0 ? mood / total : 0,
    treasury: city.economy.treasury[0]!,
    load: sum(city.power.load, at, DISTRICTS),
    output: sum(city.power.output, at, DISTRICTS),
    odometer: sum(city.traffic.odometer, 0, DISTRICTS),
    trafficAge: Math.min(...city.traffic.age),
    peopleAge: Math.min(...city.citizens.age),
  }
}
