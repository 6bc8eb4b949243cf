/** The page: what runs where, what changed, and the way back. */

import type { Alert } from '../../observe/alerts.ts'
import type { SwapReport } from '../../swap/report.ts'
import type { Health } from '../health.ts'
import { showAlerts } from './alerts.ts'
import { ask, keepToken, takeToken } from './api.ts'
import { byId } from './dom.ts'
import { announce, report } from './notice.ts'
import { showParticipants, showVersions } from './participants.ts'
import { showPicture } from './picture.ts'
import { followEvents } from './stream.ts'
import { showAllSwaps, showLegend, showSwaps, subject } from './swaps.ts'
import { showProgress, showUnits } from './units.ts'

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
  showAllSwaps(swaps)
  showAlerts(await ask<readonly Alert[]>('/api/alerts'))
  await Promise.all([showUnits(), showVersions(), showHealth()])
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

/** Opens the event stream; it heals by itself, and what was missed is sent again. */
function listen(): void {
  void followEvents('/api/events?pace=1', {
    open: () => void refresh().catch(report),
    lost: (status) => {
      if (status === 401) report(new Error('Reading takes the token here: enter it above'))
      void showHealth()
    },
    event: (name, data) => TAKE[name]?.(JSON.parse(data) as never),
  })
}

function swapped(swap: SwapReport): void {
  showSwaps([swap])
  announce(`${subject(swap)}: ${swap.outcome}`)
  void Promise.all([showUnits(), showVersions()]).catch(report)
  void showHealth()
}

const TAKE: Readonly<Record<string, (payload: never) => void>> = {
  swap: swapped,
  reject: swapped,
  rollback: swapped,
  permanent: swapped,
  pace: showParticipants,
  progress: showProgress,
  alert: (alert: Alert) => showAlerts([alert]),
}

showLegend()
listen()
setInterval(() => void showHealth(), HEALTH_MS)
void showPicture()
