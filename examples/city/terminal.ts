/**
 * The drawn view. The main thread paints pixels and composes text; a thread of its own
 * writes them, because a terminal that is slow or held must not hold up a frame.
 */
import { writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { headline } from './city-state.ts'
import type { Engine } from './engine.ts'
import { type News, newsOf } from './news.ts'
import { paint } from './paint.ts'
import { compose, type UnitMark } from './panel.ts'
import { CELLS } from './systems/city.ts'
import type { View } from './view.ts'

/** frames from one drawing to the next */
const DRAW_EVERY = 4
const NEWS_KEPT = 40
/** alternate screen, no cursor, no wrapping; and all of it back */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J'
const LEAVE = '\x1b[?2026l\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l'

export function openTerminal(engine: Engine): View {
  const { stdout } = process
  const shown = new Int32Array(new SharedArrayBuffer(4))
  const screen = new Worker(new URL('./screen.ts', import.meta.url), {
    workerData: { shown, trueColour: stdout.getColorDepth() >= 24 },
  })
  const pixels = new Uint8Array(CELLS * 3)
  const news: News[] = []
  const marks = new Map<string, UnitMark>()
  let said = ''
  let sent = 0
  let open = true

  const restore = (): void => {
    if (open) writeSync(1, LEAVE)
    open = false
  }
  const redraw = (): void => screen.postMessage('forget')
  writeSync(1, ENTER)
  process.on('exit', restore)
  process.on('uncaughtExceptionMonitor', restore)
  stdout.on('resize', redraw)

  return {
    frame(frame) {
      if (!open || frame % DRAW_EVERY !== 0 || Atomics.load(shown, 0) !== sent) return
      const city = engine.city()
      paint(pixels, city, frame)
      const { columns, rows } = stdout
      const picture = compose(
        { engine, frame, headline: headline(city, frame), news, marks, said },
        columns,
        rows,
      )
      sent++
      screen.postMessage({ number: sent, columns, rows, pixels, ...picture })
    },
    event(event, report) {
      const item = newsOf(event, report, engine.frame())
      news.push(item)
      if (news.length > NEWS_KEPT) news.shift()
      const state = event === 'swap' ? 'probation' : event === 'permanent' ? 'steady' : event
      const names = report.units.map(({ unit }) => unit)
      for (const name of names) marks.set(name, { state, frame: engine.frame() })
    },
    say(text) {
      said = text
    },
    async close() {
      if (!open) return
      await screen.terminate()
      restore()
    },
  }
}
