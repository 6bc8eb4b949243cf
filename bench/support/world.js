/** A world of 10,000 entities with 26 float columns: 1 MB, as columns and as objects. */
import { floatColumns } from './source.js'

export const ENTITIES = 10_000
const FIELDS = 26

export const columns = floatColumns(FIELDS, ENTITIES)
export const names = Object.keys(columns)

/** What a frame of a simulation might leave in a column: finite, and nowhere all the same. */
export const numberAt = (column, row) => Math.fround(Math.sin(column * 7919 + row) * 1000)

export function fill(state) {
  names.forEach((name, column) => {
    for (let row = 0; row < ENTITIES; row++) state[name][row] = numberAt(column, row)
  })
}

export const asObjects = () =>
  Array.from({ length: ENTITIES }, (_, row) =>
    Object.fromEntries(names.map((name, column) => [name, numberAt(column, row)])),
  )
