/** A worker of the city: steps its share of the districts in a loop that never yields. */
import { parentPort, workerData } from 'node:worker_threads'
import { joinRuntime } from 'tickswap'
import { Crew, SYSTEMS, type System } from './crew.ts'

const { ticket, member, buffer } = workerData
const crew = new Crew(buffer)
const runtime = await joinRuntime(ticket, { name: `worker ${member}` })
const systems = SYSTEMS.map((name) => runtime.use<System['exports']>(name))

let frame = crew.frame
crew.enlist(member)
parentPort!.postMessage('ready')
for (;;) {
  frame = crew.next(frame)
  if (crew.stopping) break
  crew.work(member, frame, runtime, systems)
}
await runtime.close()
