/**
 * The drawn view. The main thread paints pixels and composes text; a thread of its own
 * writes them, because a terminal that is slow or held must not hold up a frame.
 */
import { writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { SwapReport } from 'tickswap'
import { headline } from './city-state.ts'
import type { Engine } from './engine.ts'
import { type News, newsOf } from './news.ts'
import { paint } from './paint.ts'
import { compose, type UnitMark } from './panel.ts'
import { CELLS } from './systems/city.ts'
import type { RuntimeEvent, View } from './view.ts'

/** frames from one drawing to the next */
const DRAW_EVERY = 4
const NEWS_KEPT = 40
/** alternate screen, no cursor, no wrapping; and all of it back */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J'
const LEAVE = '\x1b[?2026l\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l'

export class Terminal implements View {
  readonly #engine: Engine
  readonly #screen: Worker
  /** number of the drawing that the screen has written */
  readonly #shown = new Int32Array(new SharedArrayBuffer(4))
  readonly #pixels = new Uint8Array(CELLS * 3)
  readonly #news: News[] = []
  readonly #marks = new Map<string, UnitMark>()
  #said = ''
  #sent = 0
  #open = true

  constructor(engine: Engine) {
    const { stdout } = process
    this.#engine = engine
    this.#screen = new Worker(new URL('./screen.ts', import.meta.url), {
      workerData: { shown: this.#shown, trueColour: stdout.getColorDepth() >= 24 },
    })
    writeSync(1, ENTER)
    process.on('exit', () => this.#restore())
    process.on('uncaughtExceptionMonitor', () => this.#restore())
    stdout.on('resize', () => this.#screen.postMessage('forget'))
  }

  /** Draws, unless the terminal is still busy with the last drawing. */
  frame(frame: number): void {
    if (!this.#open || frame % DRAW_EVERY !== 0 || Atomics.load(this.#shown, 0) !== this.#sent) return
    const city = this.#engine.city()
    const { columns, rows } = process.stdout
    paint(this.#pixels, city, frame)
    const scene = {
      engine: this.#engine,
      frame,
      headline: headline(city, frame),
      news: this.#news,
      marks: this.#marks,
      said: this.#said,
    }
    const picture = compose(scene, columns, rows)
    this.#sent++
    this.#screen.postMessage({ number: this.#sent, columns, rows, pixels: this.#pixels, ...picture })
  }

  event(event: RuntimeEvent, report: SwapReport): void {
    const frame = this.#engine.frame()
    this.#news.push(newsOf(event, report, frame))
    if (this.#news.length > NEWS_KEPT) this.#news.shift()
    const state = event === 'swap' ? 'probation' : event === 'permanent' ? 'steady' : event
    for (const { unit } of report.units) this.#marks.set(unit, { state, frame })
  }

  say(text: string): void {
    this.#said = text
  }

  async close(): Promise<void> {
    await this.#screen.terminate()
    this.#restore()
  }

  #restore(): void {
    if (this.#open) writeSync(1, LEAVE)
    this.#open = false
  }
}
