import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
let fast: typeof import('meriyah') | undefined
let thorough: typeof import('acorn') | undefined

/** Parsers are loaded when they are needed: a start that finds its modules in a store does without. */
export function meriyah(): typeof import('meriyah') {
  fast ??= require('meriyah') as typeof import('meriyah')
  return fast
}

export function acorn(): typeof import('acorn') {
  thorough ??= require('acorn') as typeof import('acorn')
  return thorough
}
