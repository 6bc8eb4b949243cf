import os from 'node:os'
import { addon } from '../../dist/native/addon.js'

/** What the figures were measured on. */
export function machine() {
  const [cpu] = os.cpus()
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
  }
}

/** The kernels that ran: c, neon or lse. */
export const implementation = () => addon().implementation()
