/** The city as the page of the HTTP interface shows it. */
import type { CityState } from './city-state.ts'
import { paint } from './paint.ts'
import { CELLS, WIDTH } from './systems/city.ts'

/** frames from one painting to the next */
const PAINT_EVERY = 6
const OPAQUE = 255

export class Portrait {
  /** for createRuntime: 4 bytes a pixel */
  readonly picture = { width: WIDTH, height: CELLS / WIDTH, pixels: new SharedArrayBuffer(CELLS * 4) }
  readonly #pixels = new Uint8Array(this.picture.pixels)
  readonly #colours = new Uint8Array(CELLS * 3)

  frame(frame: number, city: CityState): void {
    if (frame % PAINT_EVERY !== 0) return
    paint(this.#colours, city, frame)
    for (let cell = 0; cell < CELLS; cell++) {
      for (let i = 0; i < 3; i++) this.#pixels[cell * 4 + i] = this.#colours[cell * 3 + i]!
      this.#pixels[cell * 4 + 3] = OPAQUE
    }
  }
}
