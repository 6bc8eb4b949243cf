import { randomUUID } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { AdminData, AdminStarted } from './admin/thread.ts'
import { participantName } from './control/option-values.ts'
import { type RuntimeOptions, type Settings, settingsOf } from './control/options.ts'
import type { ControlData, ControlStarted } from './control/thread.ts'
import { type Finding, TickswapError } from './errors.ts'
import { Registry } from './registry/registry.ts'
import { Runtime } from './runtime.ts'
import { Board, ParticipantState, SlotWord } from './swap/board.ts'
import type { Ticket } from './swap/protocol.ts'

/** What the registry begins with, and what it may grow to: a few kilobytes, and some 90 MB of addresses. */
const CAPACITY = { units: 64, versions: 1024, mostUnits: 16_384, mostVersions: 262_144 }

/**
 * Starts the control thread, loads the units of a folder and joins as the first participant.
 * @throws TickswapError OPTION, or what is wrong with a unit, with file and line
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const settings = settingsOf(options)
  const registry = Registry.create({ ...CAPACITY, ownSlots: settings.maxParticipants })
  registry.close()
  const ticket: Ticket = {
    tickswap: 1,
    id: randomUUID(),
    board: Board.create(settings.maxParticipants, isWatched(settings)).shared,
    registry: registry.shared,
  }
  const data: ControlData = { ticket, settings }
  const control = thread(new URL('./control/thread.js', import.meta.url), data)
  let admin: Admin | undefined
  try {
    await start(control, 'control')
    admin = await openAdmin(ticket, settings)
    const runtime = await join(ticket, settings.name)
    const threads = {
      control,
      admin: admin?.worker ?? attendStore(ticket, settings),
      address: admin?.address,
    }
    runtime.own(threads, settings.store?.saveEveryMs ?? 0)
    if (process.env.TICKSWAP_SYNC_TEST !== undefined) runtime.on('warning', printSyncTest)
    return runtime
  } catch (error) {
    await Promise.all([control.terminate(), admin?.worker.terminate()])
    throw error
  }
}

/** For whoever asked for the test on the command line. */
function printSyncTest({ code, message, file, participant }: Finding): void {
  if (code === 'TICKSWAP_E_SYNC_TEST') console.error(`sync test: ${message} (${file}, in ${participant})`)
}

interface Admin {
  readonly worker: Worker
  readonly address: string | undefined
}

const isWatched = ({ socket, admin }: Settings): boolean => socket !== undefined || admin !== undefined

/** Starts what answers from outside, when somebody may ask. */
async function openAdmin(ticket: Ticket, settings: Settings): Promise<Admin | undefined> {
  if (!isWatched(settings) && !settings.log) return undefined
  const admin = adminThread(ticket, settings)
  try {
    const { address } = (await start(admin, 'admin')) as AdminStarted & { ready: true }
    return { worker: admin, address }
  } catch (error) {
    await admin.terminate()
    throw error
  }
}

/** A store is looked after by commands: nobody waits for what they reach it by. */
function attendStore(ticket: Ticket, settings: Settings): Worker | undefined {
  if (!storeOf(settings)) return undefined
  const admin = adminThread(ticket, settings)
  admin.unref()
  return admin
}

function adminThread(ticket: Ticket, settings: Settings): Worker {
  const { units, socket, admin: http, log } = settings
  const store = storeOf(settings)
  const data: AdminData = { ticket, units, socket: socket ?? store, store, http, log }
  return thread(new URL('./admin/thread.js', import.meta.url), data)
}

/** The folder of a store that is on disk. */
const storeOf = ({ store }: Settings): string | undefined =>
  store?.backend === 'memory' ? undefined : store?.path

const thread = (file: URL, workerData: unknown): Worker => new Worker(file, { workerData, execArgv: [] })

/** Resolves when the thread says that it is ready. @throws TickswapError what kept it from being so */
async function start(
  worker: Worker,
  name: string,
): Promise<(ControlStarted | AdminStarted) & { ready: true }> {
  const started = await new Promise<ControlStarted | AdminStarted>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) =>
      reject(new TickswapError('TICKSWAP_E_INTERNAL', `the ${name} thread ended (${code})`)),
    )
  })
  if (!started.ready) throw new TickswapError(started.finding.code, started.finding.message, started.finding)
  worker.unref()
  return started
}

/**
 * Joins the runtime of this process from a worker, with the ticket that came as workerData.
 * @throws TickswapError TICKET, OPTION, PARTICIPANTS_FULL, CLOSED, or what a unit throws when it is loaded here
 */
export async function joinRuntime(ticket: Ticket, options: { name?: string } = {}): Promise<Runtime> {
  if (ticket?.tickswap !== 1 || !Board.isBoard(ticket.board))
    throw new TickswapError('TICKSWAP_E_TICKET', 'this is not a ticket of this version of tickswap')
  const name = options?.name
  return join(ticket, name === undefined ? undefined : participantName(name))
}

async function join(ticket: Ticket, name: string | undefined): Promise<Runtime> {
  // Of another layout: refused before a slot is taken.
  Registry.attach(ticket.registry)
  const board = new Board(ticket.board)
  const slot = claimSlot(board)
  const runtime = new Runtime(ticket, slot)
  await runtime.join(name)
  return runtime
}

function claimSlot(board: Board): number {
  for (let slot = 0; slot < board.slots; slot++)
    if (board.swap(board.at(slot, SlotWord.STATE), ParticipantState.FREE, ParticipantState.PAUSED))
      return slot
  throw new TickswapError('TICKSWAP_E_PARTICIPANTS_FULL', `all ${board.slots} places are taken`)
}
