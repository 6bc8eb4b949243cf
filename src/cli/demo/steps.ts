import type { SwapReport } from '../../swap/report.ts'
import { bomb, decree, type Edit, fasterCars, patience, perHead, slip, storm } from './edits.ts'
import type { EventName, Look } from './engine.ts'

/** What is known of a step once it is over. */
export interface Seen {
  readonly before: Look
  readonly after: Look
  /** what the runtime said in the end */
  readonly event: EventName | undefined
  readonly report: SwapReport | undefined
}

/** One step of the demo: an edit or a command, and what must come of it. */
export interface Step {
  readonly letter: string
  readonly title: string
  /** what is done, told to somebody who watches */
  readonly story: string
  readonly edits: readonly Edit[]
  /** done before the edits */
  readonly command?: 'hire'
  /** instead of edits: a unit goes back to the version that it had before the step of that letter */
  readonly rollback?: { readonly unit: string; readonly before: string }
  /** the event that ends the step */
  readonly ends: EventName
  /** code of the finding that must be there */
  readonly code?: string
  /** the good text is put back afterwards */
  readonly restore?: boolean
  /** what is wrong, in sentences; empty when all is well */
  check(seen: Seen): string[]
}

const holds = (condition: boolean, otherwise: string): string[] => (condition ? [] : [otherwise])

const has = (look: Look, unit: string, column: string): boolean =>
  look.columns[unit]?.includes(column) ?? false
const runs = ({ after }: Seen, unit: string, version: RegExp): string[] =>
  holds(version.test(after.versions[unit] ?? ''), `${unit} is ${after.versions[unit]}`)

/** A refused or reversed edit leaves every version as it was. */
const keepsAll = ({ before, after }: Seen): string[] =>
  Object.entries(before.versions).flatMap(([unit, version]) =>
    holds(after.versions[unit] === version, `${unit} went from ${version} to ${after.versions[unit]}`),
  )

export const STEPS: readonly Step[] = [
  {
    letter: 'a',
    title: 'a constant changes',
    story: 'traffic.ts: the speed limit goes from 0.22 to 0.3',
    edits: [fasterCars],
    ends: 'permanent',
    check: (seen) => [
      ...runs(seen, 'traffic', /^1\.4\.0\.1$/),
      ...holds(seen.after.constants.traffic?.SPEED_LIMIT === 0.3, 'the new limit is not in force'),
    ],
  },
  {
    letter: 'b',
    title: 'a column more, with a migration',
    story: 'traffic.ts 2.0.0: cars remember how long they have waited (a new column; up fills it)',
    edits: [patience],
    ends: 'permanent',
    check: (seen) => [
      ...runs(seen, 'traffic', /^2\.0\.0/),
      ...holds(has(seen.after, 'traffic', 'waited'), 'the new column is missing'),
      ...holds(seen.after.odometer >= seen.before.odometer, 'the odometer went back'),
    ],
  },
  {
    letter: 'c',
    title: 'a syntax error',
    story: 'zoning.ts: a slip of the finger, "functoin"',
    edits: [slip],
    ends: 'reject',
    code: 'TICKSWAP_E_SYNTAX',
    restore: true,
    check: keepsAll,
  },
  {
    letter: 'd',
    title: 'throws on its 30th tick',
    story: 'citizens.ts: a version that throws on its 30th tick, in every thread',
    edits: [bomb],
    ends: 'rollback',
    code: 'TICKSWAP_E_PROBATION_EXCEPTION',
    restore: true,
    check: keepsAll,
  },
  {
    letter: 'e',
    title: 'writes NaN',
    story: 'power.ts: load per head, which is 0 / 0 where nobody lives',
    edits: [perHead],
    ends: 'rollback',
    code: 'TICKSWAP_E_PROBATION_NON_FINITE',
    restore: true,
    check: keepsAll,
  },
  {
    letter: 'f',
    title: 'two files together',
    story: 'zoning.ts and economy.ts: a function they share gets another name, and the city grows faster',
    edits: decree,
    ends: 'permanent',
    check: (seen) => [
      ...runs(seen, 'zoning', /^1\.1\.0\.\d+$/),
      ...runs(seen, 'economy', /^1\.0\.0\.1$/),
      ...holds(seen.report?.units.length === 2, `${seen.report?.units.length} units moved in this swap`),
    ],
  },
  {
    letter: 'g',
    title: 'back to 1.x by hand',
    story: "runtime.rollback('traffic'): from 2.0.0 to 1.4.0.1, state through its down",
    edits: [],
    rollback: { unit: 'traffic', before: 'b' },
    ends: 'permanent',
    check: (seen) => [
      ...runs(seen, 'traffic', /^1\.4\.0\.1$/),
      ...holds(seen.report?.units.length === 1, `${seen.report?.units.length} units moved`),
      ...holds(!has(seen.after, 'traffic', 'waited'), 'the column of 2.0.0 is still there'),
      ...holds(seen.after.odometer >= seen.before.odometer, 'the odometer went back'),
    ],
  },
  {
    letter: 'h',
    title: 'a worker more, then an edit',
    story: 'a fifth worker joins and takes its share of the city; then terrain.ts: a storm comes up',
    command: 'hire',
    edits: [storm],
    ends: 'permanent',
    check: (seen) => [
      ...runs(seen, 'terrain', /^1\.0\.0\.1$/),
      ...holds(seen.after.participants === 6, `${seen.after.participants} participants share the city`),
      ...holds(
        seen.report?.participants.length === 6,
        `${seen.report?.participants.length} took part in the swap`,
      ),
    ],
  },
]

/** What must hold after every step: nothing lost, nothing mixed, everybody still there, time went on. */
export function checkAlways(step: Step, { before, after, event, report }: Seen): string[] {
  const frames = after.frame - before.frame
  const codes = report?.findings.map(({ code }) => code) ?? []
  return [
    ...holds(event === step.ends, `the runtime said ${event ?? 'nothing'}, not ${step.ends}`),
    ...holds(
      !step.code || codes.includes(step.code as never),
      `its findings are ${codes.join(', ') || 'none'}`,
    ),
    ...holds(after.lost === before.lost, `${after.lost - before.lost} ticks lost`),
    ...holds(after.mixed === before.mixed, `${after.mixed - before.mixed} ticks mixed`),
    ...holds(after.errors === before.errors, `${after.errors - before.errors} exceptions reached the engine`),
    ...holds(frames > 0, 'the clock stands still'),
    ...holds(
      Math.abs(after.people / before.people - 1) < 0.3,
      `${before.people} people became ${after.people}`,
    ),
    ...holds(
      after.peopleAge - before.peopleAge === frames,
      `${after.peopleAge - before.peopleAge} steps of the citizens in ${frames} frames`,
    ),
    ...holds(
      after.trafficAge - before.trafficAge === frames,
      `${after.trafficAge - before.trafficAge} steps of the traffic in ${frames} frames`,
    ),
  ]
}
