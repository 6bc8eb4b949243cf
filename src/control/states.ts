import { deserialize, serialize } from 'node:v8'
import type { Layout } from '../state/layout.ts'
import type { Backups } from '../store/backups.ts'

/** A unit's state of an earlier run. */
export interface Saved {
  readonly layout: Layout
  readonly bytes: Uint8Array
  readonly soft: Record<string, unknown> | undefined
}

/** What is kept beside the bytes of a state. JSON. */
interface About {
  readonly shared: Layout
  readonly soft?: string
}

export const aboutState = (shared: Layout, soft: Record<string, unknown> | undefined): About => ({
  shared,
  ...(soft && { soft: serialize(soft).toString('base64') }),
})

/** The newest state of a unit that can be read; one that is damaged is passed over. */
export async function newestState(backups: Backups, unit: string): Promise<Saved | undefined> {
  for (const { owner, more } of (await backups.list(unit)).reverse()) {
    const bytes = await backups.get(owner).catch(() => undefined)
    if (!bytes) continue
    const { shared, soft } = more as About
    return {
      layout: shared,
      bytes,
      soft: soft === undefined ? undefined : deserialize(Buffer.from(soft, 'base64')),
    }
  }
  return undefined
}
