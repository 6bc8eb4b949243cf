/**
 * Draws a captured terminal screen as a web page: `tmux capture-pane -e -p | node tools/picture.js > page.html`.
 * `make picture` plays the demo in tmux, captures it in the middle and takes the page's picture with Chromium.
 */
import { readFileSync } from 'node:fs'

const PALETTE = ['#1c1f26', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#d7dae0']
const [FOREGROUND, BACKGROUND] = ['#d7dae0', '#14161b']

const indexed = (n) => {
  if (n < 16) return PALETTE[n % 8]
  if (n >= 232) return `rgb(${Array(3).fill(8 + (n - 232) * 10)})`
  const level = (value) => (value === 0 ? 0 : 55 + value * 40)
  return `rgb(${[Math.floor((n - 16) / 36), Math.floor((n - 16) / 6) % 6, (n - 16) % 6].map(level)})`
}

/** Applies one SGR sequence (ECMA-48, 8.3.117) to a style. */
function apply(style, codes) {
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]
    if (code === 0) Object.assign(style, { fg: FOREGROUND, bg: undefined, bold: false, dim: false })
    else if (code === 1) style.bold = true
    else if (code === 2) style.dim = true
    else if (code === 22) Object.assign(style, { bold: false, dim: false })
    else if (code === 39) style.fg = FOREGROUND
    else if (code === 49) style.bg = undefined
    else if (code === 38 || code === 48) {
      const direct = codes[i + 1] === 2
      const colour = direct ? `rgb(${codes.slice(i + 2, i + 5)})` : indexed(codes[i + 2])
      style[code === 38 ? 'fg' : 'bg'] = colour
      i += direct ? 4 : 2
    } else if (code >= 30 && code <= 37) style.fg = PALETTE[code - 30]
    else if (code >= 40 && code <= 47) style.bg = PALETTE[code - 40]
    else if (code >= 90 && code <= 97) style.fg = PALETTE[code - 90]
  }
}

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

function drawn(line, style) {
  const parts = line.split(/\x1b\[([0-9;]*)m/)
  return parts
    .map((part, i) => {
      if (i % 2 === 1) apply(style, part === '' ? [0] : part.split(';').map(Number))
      if (i % 2 === 1 || part === '') return ''
      const css = [`color:${style.fg}`, style.bg && `background:${style.bg}`, style.bold && 'font-weight:700', style.dim && 'opacity:.6']
      return `<span style="${css.filter(Boolean).join(';')}">${escape(part)}</span>`
    })
    .join('')
}

const style = { fg: FOREGROUND }
const lines = readFileSync(0, 'utf8').replace(/\n+$/, '').split('\n')
console.log(`<!doctype html><meta charset="utf-8"><style>
  body { margin: 0; padding: 14px; background: ${BACKGROUND}; width: max-content }
  pre { margin: 0; font: 14px/16px 'DejaVu Sans Mono', monospace }
  pre div { height: 16px; overflow: hidden }
</style><pre>${lines.map((line) => `<div>${drawn(line, style) || ' '}</div>`).join('')}</pre>`)
