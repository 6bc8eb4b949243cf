import type { Alert } from '../../observe/alerts.ts'
import { byId, make } from './dom.ts'

const MOST = 50
const alerts = new Map<string, Alert>()

/** Adds to what is worth somebody's attention; the newest come first. */
export function showAlerts(news: readonly Alert[]): void {
  for (const alert of news) alerts.set(`${alert.rule} ${alert.subject} ${alert.at}`, alert)
  const shown = [...alerts.values()].sort((a, b) => b.at - a.at).slice(0, MOST)
  byId('alerts').replaceChildren(...shown.map(item))
  byId('no-alerts').hidden = shown.length > 0
}

function item({ severity, message, advice, at }: Alert): HTMLLIElement {
  const time = new Date(at).toLocaleTimeString()
  return make(
    'li',
    { title: advice },
    `${time} `,
    make('span', { className: severity }, severity),
    ` ${message}`,
  )
}
