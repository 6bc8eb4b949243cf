import { hasColours } from './colour.ts'

const WIDTH = 24
const CLEAR = '\r\x1b[2K'

/** A bar on standard error, in one line that is drawn over; nothing where that is no terminal. */
export class ProgressBar {
  readonly #stream = process.stderr
  #isDrawn = false

  /** `total` 0: nobody knows how much there is to do. */
  show(label: string, done: number, total: number, note = ''): void {
    if (!this.#stream.isTTY) return
    const full = total > 0 ? Math.round(Math.min(1, done / total) * WIDTH) : 0
    const bar = total > 0 ? `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${done}/${total}` : `${done}`
    const text = `${label}  ${bar}${note ? `  ${note}` : ''}`.slice(0, (this.#stream.columns ?? 80) - 1)
    this.#stream.write(`${CLEAR}${hasColours(this.#stream) ? `\x1b[36m${text}\x1b[39m` : text}`)
    this.#isDrawn = true
  }

  /** Takes it away: what comes next is printed in its place. */
  end(): void {
    if (this.#isDrawn) this.#stream.write(CLEAR)
    this.#isDrawn = false
  }
}
