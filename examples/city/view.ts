/** What the person sees: the city drawn in place on a terminal, or one line for each event. */
import type { SwapReport } from 'tickswap'
import type { Engine } from './engine.ts'
import { line, newsOf } from './news.ts'
import { Terminal } from './terminal.ts'

export type RuntimeEvent = 'swap' | 'reject' | 'rollback' | 'permanent'

export interface View {
  /** called after each frame */
  frame(frame: number): void
  event(event: RuntimeEvent, report: SwapReport): void
  /** something that whoever steers the engine wants said */
  say(text: string): void
  close(): Promise<void>
}

/** colours that a terminal must have to be drawn on */
const LEAST_DEPTH = 8

export function openView(engine: Engine, plain: boolean): View {
  const drawable = process.stdout.isTTY && process.stdout.getColorDepth() >= LEAST_DEPTH
  return drawable && !plain ? new Terminal(engine) : openLines(engine)
}

function openLines(engine: Engine): View {
  const began = performance.now()
  const print = (text: string): void => {
    const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(5)
    process.stdout.write(`${seconds} s  ${text}\n`)
  }
  return {
    frame() {},
    event: (event, report) => print(`  ${line(newsOf(event, report, engine.frame()))}`),
    say: print,
    async close() {},
  }
}
