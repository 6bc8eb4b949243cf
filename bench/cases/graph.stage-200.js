import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import '../../dist/index.js'
import { hashHex } from '../../dist/native/addon.js'
import { Linker } from '../../dist/units/code/linker.js'
import { Stager } from '../../dist/units/code/stager.js'
import { above, entryOf, graphFolder, LEAF, leafSource } from '../support/graph.js'
import { against, summary } from '../support/stats.js'
import { ViteRunner } from '../support/vite.js'

export const name = 'graph.stage-200'
export const unit = 'ms'
export const targets = [
  { text: "<= 1/4 of Vite's module runner", value: ({ ratio }) => ratio, limit: 1 / 4, gate: true },
  { text: '<= 20 ms', value: ({ median }) => median, limit: 20 },
]

/** Edits in which the tools' own code is still being compiled. */
const FIRST = 10

/**
 * One leaf of 200 modules is edited: the time to stage it, as the control thread does, with a
 * code cache. The peer loads the edit, which means the leaf and all modules up to the entry.
 */
export async function run({ dir, quick }) {
  const graph = graphFolder(dir, 'graph')
  const [entry, leaf] = [entryOf(graph), join(graph, LEAF)]
  const ours = await staged(graph, entry)
  const vite = await ViteRunner.start(graph)
  await vite.import(entry)
  const times = { stage: [], participant: [], peer: [] }
  for (let edit = 1; edit <= FIRST + (quick ? 30 : 200); edit++) {
    writeFileSync(leaf, leafSource(edit))
    const taken = await ours.edit(leaf, edit)
    const peer = await timeVite(vite, graph, edit)
    if (edit <= FIRST) continue
    times.stage.push(taken.stage)
    times.participant.push(taken.participant)
    times.peer.push(peer)
  }
  await vite.close()
  const parts = [{ name: 'a participant: prepare, commit', ...summary(times.participant) }]
  return { ...against(times.stage, "Vite's module runner", times.peer), parts }
}

async function staged(root, entry) {
  const stager = new Stager({ root, hash: hashHex })
  const linker = new Linker()
  const boot = await stager.boot([entry])
  await linker.loadAsync(boot.update)
  stager.accept(boot)
  const edit = async (leaf, number) => {
    const from = performance.now()
    const stage = await stager.stage([leaf])
    const handedOver = performance.now()
    const prepared = linker.prepare(stage.update)
    prepared.commit()
    prepared.settle()
    const end = performance.now()
    stager.accept(stage)
    check(linker.namespace(entry).latest(), number)
    return { stage: handedOver - from, participant: end - handedOver }
  }
  return { edit }
}

async function timeVite(vite, graph, edit) {
  const from = performance.now()
  const changed = above().map((file) => join(graph, file))
  vite.invalidate(join(graph, LEAF), ...changed)
  const { latest } = await vite.import(entryOf(graph))
  const ms = performance.now() - from
  check(latest(), edit)
  return ms
}

function check(runs, edit) {
  if (runs !== edit) throw new Error(`edit ${edit} was saved, and ${runs} runs`)
}
