/**
 * What all systems agree on: the size of the map, who owns which rows, the calendar,
 * and random numbers. Nothing here keeps state.
 *
 * The map is cut into square districts. A worker steps a range of districts and writes
 * only their rows. What others must see is published in two slots: written this frame,
 * read the next, so that no order of workers can change the outcome.
 */
export const WIDTH = 128
export const HEIGHT = 64
export const CELLS = WIDTH * HEIGHT
export const BLOCK = 16
export const DISTRICTS_ACROSS = WIDTH / BLOCK
export const DISTRICTS = DISTRICTS_ACROSS * (HEIGHT / BLOCK)
/** rows that one district has for people */
export const ROWS = 1280
export const PEOPLE = DISTRICTS * ROWS
/** frames in one day of the city: half a minute at 60 Hz */
export const DAY_FRAMES = 1800
const DAWN_HOUR = 6

/** The first cell of a district. */
export const originOf = (district: number): number =>
  Math.floor(district / DISTRICTS_ACROSS) * BLOCK * WIDTH + (district % DISTRICTS_ACROSS) * BLOCK

export function districtOf(cell: number): number {
  const x = cell % WIDTH
  const y = (cell - x) / WIDTH
  return ((y / BLOCK) | 0) * DISTRICTS_ACROSS + ((x / BLOCK) | 0)
}

/** The slot of a doubled column that this frame writes; the other one is complete. */
export const slotOf = (frame: number): 0 | 1 => (frame & 1) as 0 | 1

/** Hour of the day, 0 to 24; the first frame is dawn. */
export const hourAt = (frame: number): number => (DAWN_HOUR + ((frame % DAY_FRAMES) * 24) / DAY_FRAMES) % 24

export const dayAt = (frame: number): number =>
  1 + Math.floor((frame + (DAWN_HOUR * DAY_FRAMES) / 24) / DAY_FRAMES)

/** 0 at night, 1 by day, with dawn and dusk between. */
export function daylightAt(frame: number): number {
  const sun = Math.sin(((hourAt(frame) - DAWN_HOUR) / 24) * 2 * Math.PI)
  return smooth(-0.45, 0.15, sun)
}

export function smooth(from: number, to: number, x: number): number {
  const t = clamp((x - from) / (to - from), 0, 1)
  return t * t * (3 - 2 * t)
}

export const clamp = (x: number, low: number, high: number): number => Math.max(low, Math.min(x, high))
export const mix = (a: number, b: number, t: number): number => a + (b - a) * t

/** A well-mixed 32-bit hash of three integers. */
export function hash(a: number, b: number, c: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39)
  return (h ^ (h >>> 15)) >>> 0
}

/** The same number in [0, 1) for the same three integers. */
export const chance = (a: number, b: number, c: number): number => hash(a, b, c) / 4294967296

/** The next number in [0, 1) of the generator kept in `states[index]`. */
export function next(states: Uint32Array, index: number): number {
  let s = states[index]!
  s ^= s << 13
  s ^= s >>> 17
  s ^= s << 5
  states[index] = s >>> 0
  return (s >>> 0) / 4294967296
}

/** Fills generator states so that none is zero. */
export function sow(states: Uint32Array, seed: number): void {
  for (let i = 0; i < states.length; i++) states[i] = hash(seed, i, 77) | 1
}

/** Smooth noise in [0, 1) with one bump per unit. */
export function noise(x: number, y: number, seed: number): number {
  const x0 = Math.floor(x)
  const y0 = Math.floor(y)
  const u = fade(x - x0)
  const v = fade(y - y0)
  const top = mix(chance(x0, y0, seed), chance(x0 + 1, y0, seed), u)
  const bottom = mix(chance(x0, y0 + 1, seed), chance(x0 + 1, y0 + 1, seed), u)
  return mix(top, bottom, v)
}

const fade = (t: number): number => t * t * (3 - 2 * t)

/** Noise with detail: four octaves. */
export const fractal = (x: number, y: number, seed: number): number =>
  (noise(x, y, seed) * 8 +
    noise(x * 2, y * 2, seed + 1) * 4 +
    noise(x * 4, y * 4, seed + 2) * 2 +
    noise(x * 8, y * 8, seed + 3)) /
  15

export function sum(values: ArrayLike<number>, from: number, count: number): number {
  let total = 0
  for (let i = from; i < from + count; i++) total += values[i]!
  return total
}

export function allFinite(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false
  return true
}
