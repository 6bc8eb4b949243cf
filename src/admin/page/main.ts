/** The page: what runs where, what changed, and the way back. */

import type { Alert } from '../../observe/alerts.ts'
import type { SwapReport } from '../../swap/report.ts'
import type { ParticipantStatus } from '../engine-view.ts'
import type { Health } from '../health.ts'
import { showAlerts } from './alerts.ts'
import { ask, keepToken, takeToken } from './api.ts'
import { byId } from './dom.ts'
import { report } from './notice.ts'
import { showParticipants } from './participants.ts'
import { showPicture } from './picture.ts'
import { showLegend, showSwaps } from './swaps.ts'
import { showUnits } from './units.ts'

const HEALTH_MS = 2000

const token = byId<HTMLInputElement>('token')
token.value = takeToken()
byId('token-form').addEventListener('submit', (event) => {
  event.preventDefault()
  keepToken(token.value.trim())
})

/** All there is, anew: at the start, and whenever the connection is back. */
async function refresh(): Promise<void> {
  const swaps = await ask<readonly SwapReport[]>('/api/swaps')
  showSwaps(swaps)
  showAlerts(await ask<readonly Alert[]>('/api/alerts'))
  await Promise.all([showUnits(), showHealth()])
}

async function showHealth(): Promise<void> {
  const badge = byId('health')
  try {
    const response = await fetch('/health')
    const { status, reasons, uptimeSeconds, version } = (await response.json()) as Health & {
      version: string
    }
    badge.textContent = status
    badge.className = `badge ${status}`
    byId('facts').textContent = [`tickswap ${version}, up ${Math.round(uptimeSeconds)} s`, ...reasons].join(
      '; ',
    )
  } catch {
    badge.textContent = 'connection lost'
    badge.className = 'badge lost'
  }
}

/** The browser connects again by itself, and is then given what it missed. */
function listen(): void {
  const events = new EventSource('/api/events?pace=1')
  const on = <T>(name: string, take: (payload: T) => void) =>
    events.addEventListener(name, (event) => take(JSON.parse((event as MessageEvent<string>).data)))
  for (const name of ['swap', 'reject', 'rollback', 'permanent'])
    on<SwapReport>(name, (swap) => {
      showSwaps([swap])
      void showUnits().catch(report)
      void showHealth()
    })
  on<readonly ParticipantStatus[]>('pace', showParticipants)
  on<Alert>('alert', (alert) => showAlerts([alert]))
  events.onopen = () => void refresh().catch(report)
  events.onerror = () => void showHealth()
}

showLegend()
listen()
setInterval(() => void showHealth(), HEALTH_MS)
void showPicture()
