import { defineUnit, f32, i32, u8, u16, u32 } from 'tickswap/module'
import {
  CELLS,
  chance,
  clamp,
  DISTRICTS,
  dayAt,
  districtOf,
  hourAt,
  mix,
  next,
  PEOPLE,
  ROWS,
  slotOf,
  sow,
  sum,
  WIDTH,
} from './city.ts'
import { servedIn } from './power.ts'
import { ARRIVED, depart, framesTaken, PARKED, park, phaseOf } from './traffic.ts'
import { homesIn, jobsIn, NO_CELL, OFFERS, offerOf, pick } from './zoning.ts'

/** where a person is; a vacant row is nobody */
export const VACANT = 0
export const HOME = 1
export const ON_THE_WAY = 2
export const OUT = 3

/** each person decides once in so many frames */
export const VISIT_FRAMES = 8
/** frames in which every person has been seen; staff is counted by rounds */
const ROUND = VISIT_FRAMES
/** part of the people who want to work */
const WORKERS = 0.72
const NIGHT_SHIFT = 0.1
/** frames on the way that a person finds hard to bear */
export const LONG_TRIP = 260

const SEED = 90

export const unit = defineUnit({
  version: '1.3.0',
  requires: { zoning: '^1.0.0', power: '^1.0.0', traffic: '>=1.4.0 <3' },
  state: {
    columns: {
      // one row for each person
      place: u8(PEOPLE),
      home: u16(PEOPLE),
      work: u16(PEOPLE),
      /** the cell a person is in or on the way to */
      spot: u16(PEOPLE),
      mood: f32(PEOPLE),
      residents: i32(DISTRICTS),
      movedIn: u32(DISTRICTS),
      movedOut: u32(DISTRICTS),
      /** where the search for a vacant row goes on */
      cursor: u16(DISTRICTS),
      // published
      people: i32(2 * DISTRICTS),
      cheer: f32(2 * DISTRICTS),
      idle: f32(2 * DISTRICTS),
      /** people who work in each district, counted in turns of three rounds */
      staff: i32(3 * DISTRICTS),
      rng: u32(DISTRICTS),
      age: u32(DISTRICTS),
    },
  },
  init() {
    const { rng, cheer, work, home } = unit.state.columns
    sow(rng, SEED)
    cheer.fill(0.7)
    work.fill(NO_CELL)
    home.fill(NO_CELL)
    settle()
  },
  verify({ columns }) {
    const { place, home, mood, residents, movedIn, movedOut, cheer } = columns
    for (let district = 0; district < DISTRICTS; district++) {
      let there = 0
      for (let person = district * ROWS; person < (district + 1) * ROWS; person++) {
        if (place[person] === VACANT) continue
        if (place[person]! > OUT || home[person]! >= CELLS) return false
        if (!(mood[person]! >= 0 && mood[person]! <= 1)) return false
        there++
      }
      // one may be moving in or out at this moment
      if (Math.abs(there - residents[district]!) > 2) return false
      if (Math.abs(residents[district]! - (movedIn[district]! - movedOut[district]!)) > 2) return false
    }
    return cheer.every((one) => one >= 0 && one <= 1)
  },
})

type People = typeof unit.state.columns

/** Lets an eighth of the people of each district decide what to do, and new ones move in. */
export function step(first: number, last: number, frame: number): void {
  const people = unit.state.columns
  const out = slotOf(frame) * DISTRICTS
  const seen = DISTRICTS - out
  const coming = (Math.floor(frame / ROUND) + 1) % 3
  for (let district = first; district < last; district++) {
    if (frame % ROUND === 0) people.staff[coming * DISTRICTS + district] = 0
    let moods = 0
    let idle = 0
    let met = 0
    for (let row = frame % VISIT_FRAMES; row < ROWS; row += VISIT_FRAMES) {
      const person = district * ROWS + row
      if (people.place[person] === VACANT) continue
      visit(person, district, people, frame)
      met++
      moods += people.mood[person]!
      if (people.work[person] === NO_CELL && isWorker(person)) idle++
    }
    moveIn(district, people, frame)
    people.people[out + district] = people.residents[district]!
    people.cheer[out + district] =
      met > 0 ? mix(people.cheer[seen + district]!, moods / met, 0.1) : people.cheer[seen + district]!
    people.idle[out + district] = mix(people.idle[seen + district]!, idle * VISIT_FRAMES, 0.1)
    people.age[district]!++
  }
}

/** One person: goes where the hour calls, looks for work, and feels about it. */
function visit(person: number, district: number, people: People, frame: number): void {
  const work = people.work[person]!
  if (work !== NO_CELL)
    Atomics.add(people.staff, (Math.floor(frame / ROUND) % 3) * DISTRICTS + districtOf(work), 1)
  const place = people.place[person]!
  if (place === ON_THE_WAY) travel(person, people, frame)
  else {
    const wanted = wantedSpot(person, people, frame)
    if (wanted !== people.spot[person]) {
      depart(person, people.spot[person]!, wanted, frame)
      people.spot[person] = wanted
      people.place[person] = ON_THE_WAY
    } else if (place === HOME) stayHome(person, district, people, frame)
  }
}

function travel(person: number, people: People, frame: number): void {
  const phase = phaseOf(person)
  if (phase === PARKED) depart(person, people.home[person]!, people.spot[person]!, frame)
  if (phase !== ARRIVED) return
  park(person)
  people.place[person] = people.spot[person] === people.home[person] ? HOME : OUT
  const ease = 1 - clamp(framesTaken(person) / LONG_TRIP, 0, 1)
  people.mood[person] = clamp(mix(people.mood[person]!, ease, 0.12), 0, 1)
}

function stayHome(person: number, district: number, people: People, frame: number): void {
  const working = isWorker(person)
  if (working && people.work[person] === NO_CELL) seek(person, district, people, frame)
  else if (working && next(people.rng, district) < 0.01) layOff(person, district, people, frame)
  const content =
    0.42 + 0.33 * servedIn(district, frame) + (working && people.work[person] === NO_CELL ? -0.2 : 0.25)
  people.mood[person] = clamp(mix(people.mood[person]!, content, 0.015), 0, 1)
  const crowded = people.residents[district]! > homesIn(district, frame) * 1.08 + 4
  if ((crowded || people.mood[person]! < 0.2) && next(people.rng, district) < 0.02)
    moveOut(person, district, people)
}

// ---- the day of a person ----

const isWorker = (person: number): boolean => chance(person, 1, SEED) < WORKERS

function wantedSpot(person: number, people: People, frame: number): number {
  const hour = hourAt(frame)
  const home = people.home[person]!
  const work = people.work[person]!
  if (work !== NO_CELL && isShift(person, hour)) return work
  const day = dayAt(frame)
  const goesOut = chance(person, day, SEED + 3) < 0.3
  const start = 10 + 10.5 * chance(person, day, SEED + 4)
  if (!goesOut || hour < start || hour > start + 2.5) return home
  const spot =
    people.place[person] === OUT && people.spot[person] !== work
      ? people.spot[person]!
      : outing(person, frame)
  return spot === NO_CELL ? home : spot
}

function isShift(person: number, hour: number): boolean {
  const night = chance(person, 2, SEED) < NIGHT_SHIFT
  const start = night ? 20.5 + 2 * chance(person, 3, SEED) : 6.6 + 2.2 * chance(person, 3, SEED)
  return (hour - start + 24) % 24 < 8 + 1.2 * chance(person, 4, SEED)
}

/** Somewhere to go in free time: a busy place that is known to all. */
function outing(person: number, frame: number): number {
  const which = Math.floor(chance(person, dayAt(frame), SEED + 5) * DISTRICTS * OFFERS)
  return offerOf(Math.floor(which / OFFERS), which % OFFERS, frame)
}

/** Looks at three offers, and takes the nearest that is free. */
function seek(person: number, district: number, people: People, frame: number): void {
  let least = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < 3; tries++) {
    const where = Math.floor(next(people.rng, district) * DISTRICTS)
    const cell = offerOf(where, Math.floor(next(people.rng, district) * OFFERS), frame)
    if (cell === NO_CELL || staffIn(where, people, frame) >= jobsIn(where, frame)) continue
    const distance = apart(cell, people.home[person]!)
    if (distance < least) {
      least = distance
      people.work[person] = cell
    }
  }
}

function layOff(person: number, district: number, people: People, frame: number): void {
  const where = districtOf(people.work[person]!)
  const excess = 1 - (jobsIn(where, frame) * 1.05) / Math.max(1, staffIn(where, people, frame))
  if (next(people.rng, district) < excess) people.work[person] = NO_CELL
}

const staffIn = (district: number, people: People, frame: number): number =>
  people.staff[((Math.floor(frame / ROUND) + 2) % 3) * DISTRICTS + district]!

const apart = (a: number, b: number): number =>
  Math.abs((a % WIDTH) - (b % WIDTH)) + Math.abs(Math.floor(a / WIDTH) - Math.floor(b / WIDTH))

// ---- moving in and out ----

function moveIn(district: number, people: People, frame: number): void {
  const room = homesIn(district, frame) - people.residents[district]!
  if (room < 2 || next(people.rng, district) > clamp(room / 80, 0.05, 0.9)) return
  admit(district, people)
}

/** Gives a vacant row of the district to a new person, if it finds one soon and there is a home. */
function admit(district: number, people: People): boolean {
  for (let tries = 0; tries < 24; tries++) {
    const row = (people.cursor[district]! + 1) % ROWS
    people.cursor[district] = row
    const person = district * ROWS + row
    if (people.place[person] !== VACANT) continue
    const home = pick(district, people.rng, false)
    if (home === NO_CELL) return false
    people.home[person] = home
    people.spot[person] = home
    people.work[person] = NO_CELL
    people.mood[person] = 0.6 + 0.3 * next(people.rng, district)
    people.place[person] = HOME
    people.residents[district]!++
    people.movedIn[district]!++
    park(person)
    return true
  }
  return false
}

function moveOut(person: number, district: number, people: People): void {
  people.place[person] = VACANT
  people.work[person] = NO_CELL
  people.residents[district]!--
  people.movedOut[district]!++
}

/** The first people: nearly every home is taken, and most have found work. */
function settle(): void {
  const people = unit.state.columns
  for (let district = 0; district < DISTRICTS; district++) {
    const first = Math.min(ROWS, Math.floor(homesIn(district, 0) * 0.97))
    for (let i = 0; i < first * 2 && people.residents[district]! < first; i++) admit(district, people)
    people.people[district] = people.people[DISTRICTS + district] = people.residents[district]!
  }
  for (let round = 0; round < 10; round++) {
    for (let person = 0; person < PEOPLE; person++)
      if (people.place[person] === HOME && people.work[person] === NO_CELL && isWorker(person))
        seek(person, Math.floor(person / ROWS), people, 0)
    recount(people)
  }
}

function recount(people: People): void {
  people.staff.fill(0)
  for (const work of people.work)
    if (work !== NO_CELL)
      for (let turn = 0; turn < 3; turn++) people.staff[turn * DISTRICTS + districtOf(work)]!++
}

// ---- for the others ----

export interface Census {
  people: number
  idle: number
  /** mean mood, 0 to 1 */
  mood: number
}

/** The whole city, as of the last frame. */
export function census(frame: number): Census {
  const { people, idle, cheer } = unit.state.columns
  const seen = (slotOf(frame) ^ 1) * DISTRICTS
  const total = sum(people, seen, DISTRICTS)
  let mood = 0
  for (let district = 0; district < DISTRICTS; district++)
    mood += cheer[seen + district]! * people[seen + district]!
  return { people: total, idle: sum(idle, seen, DISTRICTS), mood: total > 0 ? mood / total : 0 }
}

export const peopleIn = (district: number, frame: number): number =>
  unit.state.columns.people[(slotOf(frame) ^ 1) * DISTRICTS + district]!
