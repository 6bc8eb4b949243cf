import { byId, make } from './dom.ts'

const MOST = 50

/** What is worth somebody's attention, as the event stream brings it. */
export interface AlertNews {
  readonly severity: 'low' | 'medium' | 'high' | 'critical'
  readonly message: string
  readonly at: number
}

export function showAlert({ severity, message, at }: AlertNews): void {
  const list = byId('alerts')
  list.prepend(
    make(
      'li',
      {},
      `${new Date(at).toLocaleTimeString()} `,
      make('span', { className: severity }, severity),
      ` ${message}`,
    ),
  )
  while (list.children.length > MOST) list.lastElementChild!.remove()
  byId('no-alerts').hidden = true
}
