import { type Backend, scan, under } from '../../dist/store/backends/contract.js'
import { Kind, seal } from '../../dist/store/record.js'
import {
  count,
  hashOf,
  metaKey,
  NO_TOTALS,
  objectKey,
  readMeta,
  sealTotals,
  TOTALS_KEY,
  writeMeta,
} from '../../dist/store/tiers/meta.js'
import { findMeta, unsealObject } from '../../dist/store/tiers/packed.js'

/** Writes the objects of a data folder as format 2 had them: a short head, and a record of its state for each. */
export async function asInFormat2(data: Backend): Promise<void> {
  for await (const [key, record] of scan(data, under('o/'))) {
    const hash = hashOf(key)
    const meta = findMeta((name) => data.get(name), hash)!
    const { encoding, size, body } = unsealObject(hash, record)
    const head = Buffer.alloc(5)
    head[0] = encoding
    head.writeUInt32LE(size, 1)
    const older = seal(objectKey(hash), Kind.OBJECT, head, body)
    await data.write([
      [key, older],
      [metaKey(hash), writeMeta(hash, { ...meta, stored: older.length })],
    ])
  }
  const totals = { ...NO_TOTALS }
  for await (const [key, record] of scan(data, under('m/'))) count(totals, readMeta(hashOf(key), record), 1)
  await data.write([[TOTALS_KEY, sealTotals(totals)]])
}
