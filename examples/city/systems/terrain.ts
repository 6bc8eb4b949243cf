import { defineUnit, f32, u8, u32 } from 'tickswap/module'
import {
  allFinite,
  BLOCK,
  CELLS,
  clamp,
  DISTRICTS,
  fractal,
  HEIGHT,
  noise,
  originOf,
  smooth,
  WIDTH,
} from './city.ts'

/** kinds of ground */
export const DEEP = 0
export const WATER = 1
export const BEACH = 2
export const GRASS = 3
export const FOREST = 4
export const ROCK = 5

export const SEED = 20
/** how much of the sky is clouded, 0 to 1 */
export const CLOUD_COVER = 0.42
/** cells that clouds drift in a frame */
export const WIND = 0.05

export const unit = defineUnit({
  version: '1.0.0',
  state: {
    columns: { height: f32(CELLS), ground: u8(CELLS), cloud: f32(CELLS), age: u32(DISTRICTS) },
  },
  init() {
    const { height, ground } = unit.state.columns
    for (let cell = 0; cell < CELLS; cell++) {
      const x = cell % WIDTH
      const y = Math.floor(cell / WIDTH)
      height[cell] = elevation(x, y)
      ground[cell] = groundFor(x, y, height[cell]!)
    }
    for (let row = 0; row < BLOCK; row++) step(0, DISTRICTS, row)
    unit.state.columns.age.fill(0)
  },
  verify({ columns }) {
    const { height, ground, cloud } = columns
    if (!allFinite(height) || !allFinite(cloud)) return false
    return ground.every((kind) => kind <= ROCK)
  },
})

/** Moves the clouds: each district brings one of its rows of cells up to date. */
export function step(first: number, last: number, frame: number): void {
  const { cloud, age } = unit.state.columns
  const row = frame % BLOCK
  for (let district = first; district < last; district++) {
    const from = originOf(district) + row * WIDTH
    for (let cell = from; cell < from + BLOCK; cell++) {
      const x = cell % WIDTH
      const y = (cell - x) / WIDTH
      const sky = noise((x - frame * WIND) / 15, (y + frame * WIND * 0.3) / 10, SEED + 50) * 0.7
      cloud[cell] = smooth(
        1 - CLOUD_COVER,
        1.15 - CLOUD_COVER * 0.5,
        sky + noise((x - frame * WIND) / 5, y / 4, SEED + 60) * 0.3,
      )
    }
    age[district]!++
  }
}

export const isLand = (cell: number): boolean => unit.state.columns.ground[cell]! >= BEACH

/** Ground that carries roads and houses. */
export function buildable(cell: number): boolean {
  const kind = unit.state.columns.ground[cell]!
  return kind >= BEACH && kind <= FOREST
}

/** Where the river runs at row y. */
const riverAt = (y: number): number =>
  WIDTH * 0.6 + Math.sin(y / 9 + 1) * 7 + Math.sin(y / 4.1) * 2 - (y - HEIGHT / 2) * 0.45

function elevation(x: number, y: number): number {
  const hills = fractal(x / 30, y / 30, SEED)
  const inland = smooth(-4, 26, x * 0.55 + (HEIGHT - y) * 0.42 - 6 + noise(x / 11, y / 11, SEED + 9) * 13 - 5)
  const north = smooth(20, -6, y) * 0.34 * noise(x / 17, 3, SEED + 12)
  const width = 1.2 + (y / HEIGHT) * 1.3
  const river = smooth(width + 3, width - 0.6, Math.abs(x - riverAt(y)))
  return clamp((0.2 + hills * 0.62 + north) * inland - river * 0.45, -1, 1.5)
}

function groundFor(x: number, y: number, height: number): number {
  if (height < 0.1) return DEEP
  if (height < 0.24) return WATER
  if (height < 0.275) return BEACH
  if (height > 0.72) return ROCK
  return fractal(x / 9, y / 9, SEED + 31) + (height - 0.5) * 0.6 > 0.6 ? FOREST : GRASS
}
