import { writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { AdminSettings } from '../../control/admin-options.ts'
import type { Finding } from '../../errors.ts'
import type { Log } from '../../observe/log.ts'
import { Metrics } from '../../observe/metrics.ts'
import { packageVersion } from '../../version/package-version.ts'
import type { EngineView } from '../engine-view.ts'
import { Watchman } from '../watchman.ts'
import { Guard, newToken } from './guard.ts'
import { openHttp } from './server.ts'

const STDERR = 2

/** Opens the HTTP interface with all that belongs to it, and says where it is. @throws TickswapError ADMIN */
export async function openInterface(
  view: EngineView,
  { port, host, token: given, picture, limits, webhooks }: AdminSettings,
  { own, log }: { own: string | undefined; log: Log | undefined },
): Promise<{ readonly address: string; close(): Promise<void> }> {
  const token = given ?? newToken()
  const metrics = new Metrics()
  const stops = [
    view.on(({ event, payload }) => {
      if ('outcome' in payload) metrics.report(payload)
      else if (event === 'warning') metrics.warning(payload as Finding)
    }),
    view.pace.listen((slot, intervals) => {
      const name = view.nameOf(slot)
      if (name !== undefined) metrics.intervals(name, intervals)
    }),
  ]
  const scrape = async () =>
    metrics.text({
      units: await view.units(),
      participants: await view.participants(),
      registry: view.registry(),
      vitals: await view.vitals(),
      eventClients: server.events.clients,
      eventClientsDropped: server.events.dropped,
      uptimeSeconds: view.uptimeMs / 1000,
    })
  const watchman = new Watchman(view, { limits, webhooks, log, metrics })
  const guard = new Guard(token, host)
  const version = packageVersion()
  const server = await openHttp({ view, guard, version, port, host, picture, metrics: scrape })
  const address = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}/`
  if (given === undefined) announce(address, token, own)
  return {
    address,
    close: async () => {
      for (const stop of stops) stop()
      watchman.close()
      await server.close()
    },
  }
}

/** A token that nobody chose is printed this once; a file that only this user can read keeps it. */
function announce(address: string, token: string, own: string | undefined): void {
  const file = own && join(own, 'token')
  if (file) writeFileSync(file, `${token}\n`, { mode: 0o600 })
  writeSync(STDERR, `tickswap: ${address}#token=${token}${file ? ` (the token is kept in ${file})` : ''}\n`)
}
