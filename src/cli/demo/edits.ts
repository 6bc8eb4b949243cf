/** Edits of text, as a person would make them: find a piece of a file, put another in its place. */

/** What one edit does to one file. */
export interface Edit {
  /** file name in the folder of the systems */
  readonly file: string
  /** pairs: what is there, what shall be there */
  readonly changes: readonly (readonly [find: string, put: string])[]
}

/** Applies an edit. @throws Error when a piece is missing or not unique */
export function applied(source: string, { file, changes }: Edit): string {
  let text = source
  for (const [find, put] of changes) {
    const at = text.indexOf(find)
    if (at < 0) throw new Error(`${file} does not contain: ${find}`)
    if (text.includes(find, at + 1)) throw new Error(`${file} contains more than once: ${find}`)
    text = text.slice(0, at) + put + text.slice(at + find.length)
  }
  return text
}

export const fasterCars: Edit = {
  file: 'traffic.ts',
  changes: [['export const SPEED_LIMIT = 0.22', 'export const SPEED_LIMIT = 0.3']],
}

const MIGRATION = `  migrate: {
    '^1.0.0': {
      up(old, next) {
        for (let person = 0; person < PEOPLE; person++)
          if (old.columns.phase[person] === DRIVING && old.columns.speed[person] < 0.01)
            next.columns.waited[person] = LIGHT_FRAMES
      },
      down(next, old) {
        // 1.x does not know how long a car has waited: those that waited too long may go.
        for (let person = 0; person < PEOPLE; person++)
          if (next.columns.waited[person]! > 2 * LIGHT_FRAMES) old.columns.speed[person] = SPEED_LIMIT
      },
    },
  },
`

export const patience: Edit = {
  file: 'traffic.ts',
  changes: [
    ["version: '1.4.0'", "version: '2.0.0'"],
    [
      '      taken: u16(PEOPLE),\n',
      '      taken: u16(PEOPLE),\n      /** frames that a car has waited at its crossing */\n      waited: u16(PEOPLE),\n',
    ],
    ['  verify({ columns }) {\n', `${MIGRATION}  verify({ columns }) {\n`],
    [
      '    move(person, cars, Math.max(along, length - 0.6), 0)\n',
      '    move(person, cars, Math.max(along, length - 0.6), 0)\n    cars.waited[person]!++\n',
    ],
    ['    cars.at[person] = end\n', '    cars.at[person] = end\n    cars.waited[person] = 0\n'],
  ],
}

export const slip: Edit = {
  file: 'zoning.ts',
  changes: [['function growRow(district: number,', 'functoin growRow(district: number,']],
}

export const bomb: Edit = {
  file: 'citizens.ts',
  changes: [
    [
      'type People = typeof unit.state.columns\n',
      'type People = typeof unit.state.columns\n\nlet ticks = 0\n',
    ],
    [
      '  const people = unit.state.columns\n  const out = slotOf(frame) * DISTRICTS\n',
      "  if (++ticks === 30) throw new Error('nobody thought of the 30th tick')\n  const people = unit.state.columns\n  const out = slotOf(frame) * DISTRICTS\n",
    ],
  ],
}

export const perHead: Edit = {
  file: 'power.ts',
  changes: [
    [
      '  return homes * PER_HOME * evening + jobs * PER_JOB * office + lamps\n',
      '  const perHead = (homes * PER_HOME * evening + jobs * PER_JOB * office) / (homes + jobs)\n  return perHead * (homes + jobs) + lamps\n',
    ],
  ],
}

/** Two halves of one change: each alone would not link. */
export const decree: readonly Edit[] = [
  {
    file: 'zoning.ts',
    changes: [
      ['export function order(', 'export function decree('],
      ['export const GROWTH = 0.02', 'export const GROWTH = 0.04'],
    ],
  },
  {
    file: 'economy.ts',
    changes: [
      ['order as orderZones', 'decree as orderZones'],
      ['export const PACE = 0.012', 'export const PACE = 0.02'],
    ],
  },
]

export const storm: Edit = {
  file: 'terrain.ts',
  changes: [
    ['export const CLOUD_COVER = 0.42', 'export const CLOUD_COVER = 0.6'],
    ['export const WIND = 0.05', 'export const WIND = 0.16'],
  ],
}
