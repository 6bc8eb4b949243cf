import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * Defects of the protocol, each a change of one place of the built package. The simulation finds every one;
 * `from` is a seed shortly before the first that does, so that a test need not run them all.
 */
export const MUTANTS = {
  'a round begins without those who have just come online': {
    from: 7130,
    file: 'swap/rendezvous.js',
    find: /const missing = missingAt\(board, round\);/,
    replace: 'const missing = isOver ? missingAt(board, round) : [];',
  },
  'whoever comes last has decided': {
    from: 1,
    file: 'swap/board.js',
    find: /return \(seen & mask\) === from && this\.swap\(Word\.DECISION, seen, \(seen & ~mask\) \| to\);/,
    replace: 'this.store(Word.DECISION, (this.load(Word.DECISION) & ~mask) | to); return from >= 0;',
  },
  'who was away takes the last rollback for its own': {
    from: 2_350,
    file: 'swap/in-hand.js',
    find: /restore === Restore\.DOWN/,
    replace: 'board.load(Word.RESTORE) === Restore.DOWN',
  },
  'the state is not kept while the probation goes on': {
    from: 30,
    file: 'swap/leader.js',
    find: /if \(left > 0 \|\| lasted < board\.load\(Word\.PROBATION_MS\)\)\s*this\.#keepShared\(\);/,
    replace: 'if (left > 0 || lasted < board.load(Word.PROBATION_MS)) return;',
  },
  'the heir of a leader that died does not finish its round': {
    from: 1090,
    file: 'swap/leader.js',
    find: /return office\.seal\(\) \? this\.#pass\(transition, seen, office\) : undefined;/,
    replace: 'void seen;',
  },
  'a meeting is tried again with the votes and the state of the one before': {
    from: 7_940,
    file: 'swap/transition.js',
    find: /disregard\(\) \{\s*this\.migrated = false;/,
    replace: 'disregard() {',
  },
  'a rollback leaves the shared state as it is': {
    from: 75,
    file: 'swap/transition.js',
    find: /\bstate\.restoreShared\(\);/,
    replace: ';',
  },
  'the old code is disposed of at the commit': {
    from: 1,
    file: 'swap/transition.js',
    find: /(next\.unit\.bind\(next\.state, [^;]*;)/,
    replace: '$1 if (running) dispose(running);',
  },
  'nobody but who failed acts on a failure': {
    from: 1_000_018,
    file: 'swap/in-hand.js',
    find: /(board\.load\(Word\.FAILURE\) !== Failure\.NONE)(\) \{\s*this\.#decideBack\(seen\);)/,
    replace: '$1 && board.load(board.at(slot, SlotWord.PASSED)) < 0$2',
  },
  'who rested forgets that it had passed ticks by itself': {
    from: 1_000_580,
    file: 'swap/in-hand.js',
    find: /alone \? this\.#passedAlone > 0/,
    replace: 'alone ? board.load(board.at(this.#holder.slot, SlotWord.PASSED)) > 0',
  },
  'what a version throws is swallowed when it has just become permanent': {
    from: 1_000_230,
    file: 'swap/probation.js',
    find: /if \(isOver\(\)\)\s*throw error;/g,
    replace: 'void isOver;',
  },
  'who was late does not look at what was decided meanwhile': {
    from: 125,
    file: 'swap/participant.js',
    find: /while \(!this\.#left && \(this\.#isPast\(\) \|\| \(!this\.#isOnline && !board\.load\(Word\.CLOSED\)\)\)\)/,
    replace: 'while (false)',
  },
  'calls of somebody who has come and gone are taken for calls that nobody made': {
    from: 2_001_100,
    file: 'swap/rewind.js',
    find: /since <= Atomics\.load\(board\.inputs, InputWord\.STRANGER\)/,
    replace: 'since < 0',
  },
  'the calls are made again from what each has for itself now': {
    from: 2_000_000,
    file: 'swap/rewind.js',
    find: /if \(part\)\s*state\.putOwn\([^;]*;/,
    replace: ';',
  },
  'the calls are made again the second time where the first time has ended': {
    from: 2_000_000,
    file: 'swap/rewind.js',
    find: /this\.#restore\(transition\);(\s*Atomics\.store\(inputs, InputWord\.PHASE, RewindPhase\.AGAIN\))/,
    replace: '$1',
  },
  'it is not looked at whether somebody has left since': {
    from: 2_000_000,
    file: 'swap/rewind.js',
    find: /membersOf\(online\) !== members\b/,
    replace: 'false',
  },
  'whoever comes does not wait for what is being brought back': {
    from: 2_001_700,
    file: 'swap/rewind.js',
    find: /!this\.#isOn\(id\) && !this\.#isGivenUp\(id\)/,
    replace: '!this.#isOn(id)',
  },
  'what was not kept is left as it came to be': {
    from: 2_000_000,
    file: 'swap/rewind.js',
    find: /state\.restoreShared\(\);/,
    replace: ';',
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
