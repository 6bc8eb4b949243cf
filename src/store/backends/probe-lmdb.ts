import { join } from 'node:path'
import { open } from 'lmdb'
import { checkLength } from './lmdb-file.ts'

/** A process of its own: reads every key of the environment in a folder, and ends with 3 when it found them wrong. */
const path = process.argv[2]!
checkLength(join(path, 'data.mdb'), true)
const db = open<Buffer, Buffer>({ path, encoding: 'binary', keyEncoding: 'binary', readOnly: true })
try {
  let last: Buffer | undefined
  for (const key of db.getKeys()) {
    const bytes = Buffer.from(key)
    if (last && Buffer.compare(last, bytes) >= 0) throw new Error('keys are out of order')
    last = bytes
  }
  process.exit(0)
} catch (error) {
  console.error((error as Error).message)
  process.exit(3)
}
