import type { EngineView } from './engine-view.ts'

export type Level = 'healthy' | 'degraded' | 'critical'

export interface Health {
  readonly status: Level
  /** why it is not healthy, one sentence each */
  readonly reasons: readonly string[]
  /** since this view of the engine was opened */
  readonly uptimeSeconds: number
}

/** A failed change is news for so long. */
const RECENT_MS = 60_000

/**
 * `critical`: nothing can be swapped any more, or nobody ticks. `degraded`: the engine runs, and
 * somebody should look: a participant stands still, or a change went wrong in the last minute.
 */
export async function healthOf(view: EngineView): Promise<Health> {
  const critical: string[] = []
  const degraded: string[] = []
  if (view.isClosed) critical.push('the control thread has ended: what runs runs on, nothing can be swapped')
  else await look(view, critical, degraded)
  const status = critical.length > 0 ? 'critical' : degraded.length > 0 ? 'degraded' : 'healthy'
  return { status, reasons: [...critical, ...degraded], uptimeSeconds: view.uptimeMs / 1000 }
}

async function look(view: EngineView, critical: string[], degraded: string[]): Promise<void> {
  const participants = await view.participants()
  const ticking = participants.filter(({ state }) => state === 'ticking')
  const still = ticking.filter(({ standsStill }) => standsStill)
  if (ticking.length > 0 && still.length === ticking.length)
    critical.push('no participant has called tick() in the last second')
  else for (const { name } of still) degraded.push(`${name} has not called tick() in the last second`)
  for (const { name, state } of participants)
    if (state === 'dead') degraded.push(`the thread of ${name} has ended`)
  const since = Date.now() - RECENT_MS
  for (const report of view.reports) {
    if (report.at < since) continue
    const units = report.units.map(({ unit }) => unit).join(', ') || report.files.join(', ')
    if (report.outcome === 'rolled-back') degraded.push(`${units}: rolled back in the last minute`)
    if (report.outcome === 'reversed') degraded.push(`${units}: a swap was reversed in the last minute`)
  }
}
