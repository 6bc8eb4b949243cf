/** A program of many modules: a tree of imports, two below each, and the deepest ones are its leaves. */
import { join } from 'node:path'
import { folder } from './scratch.js'
import { moduleSource } from './source.js'

export const MODULES = 200
const BYTES = 3 * 1024

export const ENTRY = 'm0.ts'
const below = (index) => [2 * index + 1, 2 * index + 2].filter((each) => each < MODULES)

/** The last module: nothing below it, and `depth` modules above it up to the entry. */
export const LEAF = `m${MODULES - 1}.ts`

/** The modules from a leaf up to the entry: those that Vite runs again. */
export function above(index = MODULES - 1) {
  return index === 0 ? [] : [`m${(index - 1) >> 1}.ts`, ...above((index - 1) >> 1)]
}

/** `latest()` of a module is the highest edit among itself and all below it. */
export function graphModule(index, edit) {
  const imports = below(index).map((each) => `import { latest as latest${each} } from './m${each}.ts'\n`)
  const all = below(index).map((each) => `latest${each}()`)
  return `${imports.join('')}${moduleSource({ edit, bytes: BYTES, seed: 7 + index })}
export function latest(): number {
  return Math.max(${['mark', ...all].join(', ')})
}
`
}

export const leafSource = (edit) => graphModule(MODULES - 1, edit)

/** Writes all of them into a new folder. */
export function graphFolder(root, name) {
  const files = Object.fromEntries(
    Array.from({ length: MODULES }, (_, index) => [`m${index}.ts`, graphModule(index, 0)]),
  )
  return folder(root, name, files)
}

export const entryOf = (dir) => join(dir, ENTRY)
