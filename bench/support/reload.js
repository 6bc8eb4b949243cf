import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
// The whole package first: it sets the V8 flags that a program with tickswap runs under.
import '../../dist/index.js'
import { hashHex } from '../../dist/native/addon.js'
import { Linker } from '../../dist/units/code/linker.js'
import { Stager } from '../../dist/units/code/stager.js'
import { folder } from './scratch.js'
import { moduleSource } from './source.js'
import { ViteRunner } from './vite.js'

const FILE = 'traffic.ts'

/** The two halves of the loader in one thread, put together as `createLoader` does. */
export class Loader {
  #stager
  #linker = new Linker()
  #file

  static async start(dir) {
    const loader = new Loader()
    loader.#file = join(dir, FILE)
    loader.#stager = new Stager({ root: dir, hash: hashHex, codeCache: false })
    const stage = await loader.#stager.boot([loader.#file])
    await loader.#linker.loadAsync(stage.update)
    loader.#stager.accept(stage)
    return loader
  }

  /** @returns ms of the participant's part */
  async reload() {
    const stage = await this.#stager.stage([this.#file])
    const from = performance.now()
    const prepared = this.#linker.prepare(stage.update)
    prepared.commit()
    prepared.settle()
    const participant = performance.now() - from
    this.#stager.accept(stage)
    return participant
  }

  get mark() {
    return this.#linker.namespace(this.#file).mark
  }
}

/** The reloads in which the tools' own code is still being compiled; listed apart. */
const FIRST = 20

/**
 * Reloads the same edits of one 10 KB module, ours and Vite's in turn, and in alternating
 * order. The time begins when the file is written and ends when the new code has run.
 *
 * @param options.text of an edit, by its number: one number is another one, where nothing else is said
 * @returns ms of all but the first reloads, and of the `first`: the `whole` reload, the
 *   `participant`'s part of it, and the `peer`'s whole
 */
export async function measureReloads(root, { reloads, text = (edit) => moduleSource({ edit }) }) {
  const dir = folder(root, 'reload', { [FILE]: text(0) })
  const file = join(dir, FILE)
  const loader = await Loader.start(dir)
  const vite = await ViteRunner.start(dir)
  await vite.import(file)
  const none = () => ({ whole: [], participant: [], peer: [] })
  const [first, later] = [none(), none()]
  for (let edit = 1; edit <= FIRST + reloads; edit++) {
    const times = edit <= FIRST ? first : later
    const turns = [() => timeOurs(loader, times), () => timePeer(vite, file, times)]
    if (edit % 2) turns.reverse()
    writeFileSync(file, text(edit))
    for (const turn of turns) {
      const mark = await turn()
      if (mark !== edit) throw new Error(`edit ${edit} was saved, and ${mark} runs`)
    }
  }
  await vite.close()
  return { ...later, first }
}

async function timeOurs(loader, times) {
  const from = performance.now()
  const participant = await loader.reload()
  times.whole.push(performance.now() - from)
  times.participant.push(participant)
  return loader.mark
}

async function timePeer(vite, file, times) {
  const from = performance.now()
  vite.invalidate(file)
  const { mark } = await vite.import(file)
  times.peer.push(performance.now() - from)
  return mark
}
