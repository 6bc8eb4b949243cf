import { writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { AdminSettings } from '../../control/options.ts'
import { Metrics } from '../../observe/metrics.ts'
import { packageVersion } from '../../version/package-version.ts'
import type { EngineView } from '../engine-view.ts'
import { Guard, newToken } from './guard.ts'
import { openHttp } from './server.ts'

const STDERR = 2

/** Opens the HTTP interface with all that belongs to it, and says where it is. @throws TickswapError ADMIN */
export async function openInterface(
  view: EngineView,
  { port, host, token: given, picture }: AdminSettings,
  own: string | undefined,
): Promise<{ readonly address: string; close(): Promise<void> }> {
  const token = given ?? newToken()
  const metrics = new Metrics()
  const stops = [
    view.on(({ payload }) => ('outcome' in payload ? metrics.report(payload) : metrics.warning(payload))),
    view.pace.listen((slot, intervals) => {
      const name = view.nameOf(slot)
      if (name !== undefined) metrics.intervals(name, intervals)
    }),
  ]
  const scrape = async () =>
    metrics.text({
      units: await view.units(),
      participants: await view.participants(),
      eventClients: server.events.clients,
      eventClientsDropped: server.events.dropped,
      uptimeSeconds: view.uptimeMs / 1000,
    })
  const guard = new Guard(token, host)
  const version = packageVersion()
  const server = await openHttp({ view, guard, version, port, host, picture, metrics: scrape })
  const address = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}/`
  announce(address, given === undefined ? token : undefined, own)
  return {
    address,
    close: async () => {
      for (const stop of stops) stop()
      await server.close()
    },
  }
}

/** The token is printed this once; a file that only this user can read keeps it. */
function announce(address: string, token: string | undefined, own: string | undefined): void {
  if (token === undefined) return void writeSync(STDERR, `tickswap: ${address}\n`)
  const file = own && join(own, 'token')
  if (file) writeFileSync(file, `${token}\n`, { mode: 0o600 })
  writeSync(STDERR, `tickswap: ${address}#token=${token}${file ? ` (the token is kept in ${file})` : ''}\n`)
}
