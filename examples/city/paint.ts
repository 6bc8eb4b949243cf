/** Turns the state of the city into pixels, one for each cell. */
import type { CityState } from './city-state.ts'
import {
  CELLS,
  chance,
  clamp,
  DISTRICTS,
  daylightAt,
  districtOf,
  hourAt,
  noise,
  smooth,
  WIDTH,
} from './systems/city.ts'

type Colour = readonly [number, number, number]

const GROUND: readonly Colour[] = [
  [18, 52, 104],
  [34, 92, 148],
  [214, 196, 142],
  [104, 152, 78],
  [52, 104, 62],
  [134, 128, 118],
]
const ROAD: readonly Colour[] = [
  [0, 0, 0],
  [78, 80, 86],
  [98, 99, 106],
  [150, 140, 128],
]
/** low and high buildings of each use */
const LOW: readonly Colour[] = [
  [0, 0, 0],
  [172, 116, 88],
  [120, 150, 178],
  [150, 134, 92],
  [96, 168, 84],
]
const HIGH: readonly Colour[] = [
  [0, 0, 0],
  [226, 206, 184],
  [170, 214, 240],
  [208, 186, 112],
  [72, 150, 76],
]
const PLANT: readonly Colour[] = [
  [0, 0, 0],
  [70, 62, 64],
  [244, 246, 250],
  [60, 96, 200],
]
const WINDOW: Colour = [255, 208, 120]
const OFFICE: Colour = [190, 224, 255]
const HEADLIGHT: Colour = [255, 246, 214]

const pixel = new Float64Array(3)

const put = (r: number, g: number, b: number): void => {
  pixel[0] = r
  pixel[1] = g
  pixel[2] = b
}

function blend(colour: Colour, by: number): void {
  for (let i = 0; i < 3; i++) pixel[i] = pixel[i]! + (colour[i]! - pixel[i]!) * by
}

function shine(colour: Colour, by: number): void {
  for (let i = 0; i < 3; i++) pixel[i] = pixel[i]! + colour[i]! * by
}

function scale(r: number, g: number, b: number): void {
  pixel[0]! *= r
  pixel[1]! *= g
  pixel[2]! *= b
}

/** Paints all cells into `pixels` (three bytes each) as they are after `frame`. */
export function paint(pixels: Uint8Array, city: CityState, frame: number): void {
  const day = daylightAt(frame)
  const hour = hourAt(frame)
  const dusk = day * (1 - day) * 4
  for (let cell = 0; cell < CELLS; cell++) {
    paintGround(cell, city, frame)
    if (city.roads.built[cell] === 1 && city.roads.kind[cell] !== 0) paintRoad(cell, city, frame)
    else if (city.zoning.zone[cell] !== 0) paintBuilding(cell, city)
    const cloud = city.terrain.cloud[cell]!
    scale(1 - cloud * 0.2, 1 - cloud * 0.18, 1 - cloud * 0.1)
    if (day > 0) blend([236, 240, 246], cloud * cloud * 0.34 * day)
    scale(0.2 + 0.8 * day + dusk * 0.1, 0.23 + 0.77 * day - dusk * 0.04, 0.38 + 0.62 * day - dusk * 0.06)
    if (day < 0.9) paintLights(cell, city, frame, hour, 1 - day)
    for (let i = 0; i < 3; i++) pixels[cell * 3 + i] = clamp(pixel[i]!, 0, 255)
  }
  for (let district = 0; district < DISTRICTS; district++) paintPlant(pixels, city, district, frame)
}

function paintGround(cell: number, city: CityState, frame: number): void {
  const kind = city.terrain.ground[cell]!
  const [r, g, b] = GROUND[kind]!
  const relief = 0.82 + city.terrain.height[cell]! * 0.3 + chance(cell, 3, 1) * 0.07
  put(r * relief, g * relief, b * relief)
  if (kind > 1) return
  const x = cell % WIDTH
  const wave = noise(x / 3 + frame / 50, (cell - x) / WIDTH / 1.6 - frame / 90, 4)
  blend([150, 200, 230], smooth(0.6, 1, wave) * 0.4)
}

/** Asphalt, and how full it is: green, yellow, red; a car shows as a bright dot. */
function paintRoad(cell: number, city: CityState, frame: number): void {
  const [r, g, b] = ROAD[city.roads.kind[cell]!]!
  put(r, g, b)
  const flow = city.traffic.flow[(frame & 1) * CELLS + cell]!
  blend([110, 190, 90], smooth(0.1, 1.2, flow) * 0.55)
  blend([240, 190, 60], smooth(1.2, 3.2, flow) * 0.8)
  blend([226, 50, 38], smooth(3.2, 8, flow) * 0.95)
  if (city.traffic.count[(frame % 3) * CELLS + cell]! > 0 && flow < 3) blend([250, 250, 245], 0.55)
}

function paintBuilding(cell: number, city: CityState): void {
  const use = city.zoning.zone[cell]!
  const density = city.zoning.density[cell]!
  if (use === 4) {
    blend(LOW[4]!, 0.75 + chance(cell, 1, 9) * 0.2)
    return
  }
  const shade = 0.86 + chance(cell, 2, 9) * 0.24
  const [low, high] = [LOW[use]!, HIGH[use]!]
  const built = smooth(0, 0.22, density)
  const tall = smooth(0.2, 0.95, density)
  const roof: Colour = [
    (low[0] + (high[0] - low[0]) * tall) * shade,
    (low[1] + (high[1] - low[1]) * tall) * shade,
    (low[2] + (high[2] - low[2]) * tall) * shade,
  ]
  blend([140, 118, 88], 0.35)
  blend(roof, built)
}

/** Windows, street lamps and headlights; a district without power stays dark. */
function paintLights(cell: number, city: CityState, frame: number, hour: number, dark: number): void {
  const served = city.power.served[(frame & 1) * DISTRICTS + districtOf(cell)]!
  const on = dark * smooth(0.55, 0.95, served + (chance(cell, frame >> 2, 3) - 0.5) * 0.3 * (1 - served))
  const use = city.zoning.zone[cell]!
  if (city.roads.built[cell] === 1 && city.roads.kind[cell] !== 0) {
    shine([255, 190, 110], on * (city.roads.kind[cell]! > 1 ? 0.22 : 0.12))
    const car = city.traffic.count[(frame % 3) * CELLS + cell]! > 0
    if (car) shine(HEADLIGHT, dark * 0.5)
    return
  }
  if (use === 0 || use === 4) return
  const awake = use === 1 ? 0.3 + 0.7 * smooth(25.5, 21.5, hour < 6 ? hour + 24 : hour) : 0.55
  const lit = chance(cell, (frame + (cell % 97) * 7) >> 8, 12) < awake ? 1 : 0.12
  shine(use === 1 ? WINDOW : OFFICE, on * lit * (0.18 + 0.72 * city.zoning.density[cell]!))
}

function paintPlant(pixels: Uint8Array, city: CityState, district: number, frame: number): void {
  const kind = city.power.plant[district]!
  if (kind === 0) return
  const site = city.power.site[district]!
  const light = 0.45 + 0.55 * daylightAt(frame)
  for (const cell of [site, site + 1, site - WIDTH, site - WIDTH + 1]) {
    if (cell < 0 || cell >= CELLS) continue
    const blink = kind === 2 && ((frame >> 3) + cell) % 3 === 0 ? 0.7 : 1
    for (let i = 0; i < 3; i++) pixels[cell * 3 + i] = PLANT[kind]![i]! * light * blink
  }
}
