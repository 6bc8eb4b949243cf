// Loads main.ts, writes its edited text, reloads it and calls what it exports: in the main thread or in a worker.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { createLoader } from '../../dist/units/code/loader.js'

async function work(root, edited) {
  const loader = await createLoader({ root })
  const { used } = await loader.import('./main.ts')
  used(9)
  writeFileSync(join(root, 'main.ts'), edited)
  await loader.reload('./main.ts')
  const main = await loader.import('./main.ts')
  main.used(1)
  main.used(5)
  main.used(6)
  main.write()
}

const [thread, root, edited] = process.argv.slice(2)
if (!isMainThread) await work(...workerData)
else if (thread === 'main') await work(root, edited)
else new Worker(new URL(import.meta.url), { workerData: [root, edited] })
