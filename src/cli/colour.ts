import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Colours are for terminals, unless NO_COLOR is set (no-color.org). */
export const hasColours = (stream: { readonly isTTY?: boolean } = process.stdout): boolean =>
  stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb'

export const paint = (style: Style, text: string): string =>
  hasColours() ? styleText(style, text, { validateStream: false }) : text
