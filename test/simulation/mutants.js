import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Defects of the protocol, each a change of one place of the built package. The simulation finds every one. */
export const MUTANTS = {
  'a round begins without those who have just come online': {
    file: 'swap/rendezvous.js',
    find: /if \(missing\.length > 0 && !isOver\)/,
    replace: 'if (false)',
  },
  'nobody lets a round pass before it goes online': {
    file: 'swap/rendezvous.js',
    find: /(export function letPass\([^)]*\) \{)/,
    replace: '$1 return;',
  },
  'a leader that was replaced decides all the same': {
    file: 'swap/rendezvous.js',
    find: /if \(!this\.#board\.swap\(Word\.LEADER, this\.#word, this\.#word \| SEALED\)\)\s*return false;/,
    replace: 'this.#board.store(Word.LEADER, this.#word | SEALED);',
  },
  'the heir of a leader that died does not finish its round': {
    file: 'swap/leader.js',
    find: /return office\.seal\(\) \? this\.#pass\(seen, office\) : undefined;/,
    replace: 'void seen;',
  },
  'a meeting is tried again with the votes and the state of the one before': {
    file: 'swap/transition.js',
    find: /disregard\(\) \{\s*this\.migrated = false;/,
    replace: 'disregard() {',
  },
  'nobody counts the votes against': {
    file: 'swap/leader.js',
    find: /if \(votes\.includes\(-office\.round\)\)\s*return false;/,
    replace: '',
  },
  'a rollback leaves the shared state as it is': {
    file: 'swap/transition.js',
    find: /copyMemory\(\(to === 'backup' && move\.backup\) \|\| memory\.lastGood, memory\.arena\);/,
    replace: ';',
  },
  'the old code is disposed of at the commit': {
    file: 'swap/transition.js',
    find: /(next\.unit\.bind\(next\.state\);)/,
    replace: '$1 if (running) dispose(running);',
  },
  'a joiner hears of the candidate and not of its commit': {
    file: 'control/admission.js',
    find: /if \(status === Status\.COMMITTED \|\| status === Status\.PERMANENT\)/,
    replace: 'if (false)',
  },
  'who was late does not look at what was decided meanwhile': {
    file: 'swap/participant.js',
    find: /while \(!this\.#left && \(this\.#isPast\(\) \|\| \(!this\.#isOnline && !board\.load\(Word\.CLOSED\)\)\)\)/,
    replace: 'while (false)',
  },
}

/** @returns the package to simulate, with the defect in it when one is named */
export function plant(name) {
  const root = new URL('../../', import.meta.url)
  if (name === undefined) return { dist: new URL('dist/', root), remove() {} }
  const { file, find, replace } = MUTANTS[name]
  const dir = mkdtempSync(join(tmpdir(), 'tickswap-mutant-'))
  cpSync(new URL('dist', root), join(dir, 'dist'), { recursive: true })
  for (const needed of ['build', 'node_modules', 'package.json'])
    symlinkSync(fileURLToPath(new URL(needed, root)), join(dir, needed))
  const path = join(dir, 'dist', file)
  const text = readFileSync(path, 'utf8')
  if (!find.test(text)) throw new Error(`${file} has no place for this defect: ${name}`)
  writeFileSync(path, text.replace(find, replace))
  return {
    dist: pathToFileURL(`${join(dir, 'dist')}/`),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}
