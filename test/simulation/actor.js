import { parentPort, workerData } from 'node:worker_threads'
import { ControlActor } from './control.js'
import { ParticipantActor } from './participant.js'
import { isApart, Scheduler, SEED } from './scheduler.js'

/** One thread of a group: actor 0 is the control thread and runs the seeds, the others are participants. */
const { dist, me, actors, memory, board, shared, ledger, ports, staged, numbers, seeds, stopAtFirst } =
  workerData
const from = (path) => import(new URL(path, dist))
const kit = {
  actors,
  staged,
  numbers,
  ...(await from('swap/board.js')),
  ...(await from('swap/input-words.js')),
  ...(await from('swap/participant.js')),
  ...(await from('registry/registry.js')),
  ...(await from('version/version.js')),
  ...(await from('control/admission.js')),
  ...(await from('control/barrier.js')),
  ...(await from('control/catalog.js')),
  ...(await from('control/compatibility.js')),
  ...(await from('version/compatibility/flag-policy.js')),
  ...(await from('control/crew.js')),
  ...(await from('control/failures.js')),
  ...(await from('control/passenger.js')),
  ...(await from('control/records.js')),
  ...(await from('control/replays.js')),
  ...(await from('control/restores.js')),
  ...(await from('control/stop.js')),
  ...(await from('control/transaction.js')),
}
const scheduler = new Scheduler({ ...memory, board }, me)
const found = []
const complain = (what) => {
  ledger.complaints[0]++
  found.push({ seed: scheduler.get(SEED), at: scheduler.now, actor: me, what })
}

async function contractsOf({ file, boots }) {
  const { Linker } = await from('units/code/linker.js')
  const { contractOf } = await from('units/contract.js')
  globalThis.simulated = { born: () => ({}), at() {}, disposed() {} }
  const contracts = {}
  for (const number of numbers) {
    const linker = new Linker()
    await linker.loadAsync(boots[number])
    contracts[number] = contractOf(linker.namespace(file).unit, file)
  }
  return contracts
}

/** How the engine of a seed runs: in frames that all share, or everybody at its own pace. */
const setting = (seed) => ({ seed, isFramed: seed % 2 === 0, isApart: isApart(seed), maxLives: 4 })

async function control() {
  kit.contracts = {}
  for (const [family, versions] of Object.entries(staged)) kit.contracts[family] = await contractsOf(versions)
  const actor = new ControlActor({ kit, scheduler, ports, shared, ledger: { ...ledger }, complain })
  const totals = {}
  let steps = 0
  for (const seed of seeds) {
    scheduler.begin(seed)
    try {
      for (const [outcome, n] of Object.entries(await actor.run(seed)))
        totals[outcome] = (totals[outcome] ?? 0) + n
    } catch (error) {
      complain(`the control thread ended: ${error.stack}`)
      break
    }
    steps += scheduler.ops
    parentPort.postMessage({ type: 'seed', seed, complaints: ledger.complaints[0] })
    if (stopAtFirst && ledger.complaints[0] > 0) break
  }
  parentPort.postMessage({ type: 'end', totals, steps, found })
}

async function participant() {
  const actor = new ParticipantActor({ kit, scheduler, me, port: ports[0], shared, ledger, complain })
  parentPort.postMessage({ type: 'ready' })
  for (;;) {
    scheduler.awaitToken()
    const count = found.length
    try {
      await actor.run(setting(scheduler.get(SEED)))
    } catch (error) {
      complain(`ended: ${error.stack}`)
    }
    if (found.length > count) parentPort.postMessage({ type: 'found', found: found.slice(count) })
    scheduler.rest()
  }
}

await (me === 0 ? control() : participant())
