import { type Finding, finding, TickswapError } from '../errors.ts'
import { hashHex } from '../native/addon.ts'
import { carryColumns } from '../state/carry.ts'
import type { UnitMemory } from '../state/memory.ts'
import type { Move } from '../swap/protocol.ts'
import type { SwapReport } from '../swap/report.ts'
import type { Ask } from './ask.ts'
import type { Restored } from './backups.ts'
import { newMemory } from './catalog.ts'
import type { Assessment } from './compatibility.ts'
import type { Passenger } from './passenger.ts'

export type Restores = ReadonlyMap<string, Restored>

/** What the state of a unit cannot be lost for, when it is there. */
const ABOUT_STATE: ReadonlySet<string> = new Set([
  'TICKSWAP_E_MIGRATION_MISSING',
  'TICKSWAP_E_MIGRATION_CHAIN',
])

/**
 * The backups that a rollback goes back to: where that was asked for, or where the present state cannot come along.
 * @throws TickswapError BACKUP_MISSING, BACKUP_CORRUPT
 */
export async function restoresFor(
  { trigger, edition, cascade = [], state = 'auto' }: Ask,
  passengers: readonly Passenger[],
): Promise<Restores> {
  const found = new Map<string, Restored>()
  if (trigger !== 'rollback' || !edition || state === 'down') return found
  const going = new Set([edition, ...cascade].map(({ unit }) => unit))
  for (const { entry, contract, version, candidate } of passengers) {
    const isKept = candidate.transition.passage?.isKept !== false
    if (!entry || !going.has(contract.name) || (state !== 'restore' && isKept)) continue
    const restored = await entry.backups.read(version.toString())
    if (restored) found.set(contract.name, restored)
    else if (state === 'restore' && contract.shared.bytes > 0) {
      const message = `there is no backup of the state of ${contract.name} ${version}`
      throw new TickswapError('TICKSWAP_E_BACKUP_MISSING', message, { unit: contract.name })
    }
  }
  return found
}

/** A backup takes the place of a migration: that there is none is no reason any more. */
export function withRestores(assessed: Assessment, restores: Restores): Assessment {
  if (restores.size === 0) return assessed
  const kept = assessed.findings.filter(
    ({ code, unit }) => !(ABOUT_STATE.has(code) && restores.has(unit ?? '')),
  )
  const warnings = [...restores.values()].flatMap(({ passedOver }) =>
    passedOver.map((error): Finding => ({ ...error.finding, severity: 'warning' })),
  )
  const findings = [...kept, ...warnings]
  const isRefused = findings.some(({ severity }) => severity === 'error')
  if (isRefused || assessed.verdict !== 'incompatible') return { ...assessed, findings }
  return { verdict: 'breaking', actions: ['backup', 'confirm'], findings }
}

/** Memory for a unit that holds a backup. @throws TickswapError BACKUP_CORRUPT, STATE_LIMIT */
export function memoryOf(
  { backup, bytes }: Restored,
  { contract }: Passenger,
  hasSpare: boolean,
): UnitMemory {
  const memory = newMemory(contract, hasSpare)
  carryColumns({ layout: backup.layout, bytes }, { layout: memory.shared, memory: memory.arena })
  // Others may have written to it while it was copied.
  const after = hashHex(bytes)
  if (after === backup.hash) return memory
  const message = `the backup of ${contract.name} ${backup.version} had the hash ${backup.hash}, and ${after} after its use`
  throw new TickswapError('TICKSWAP_E_BACKUP_CORRUPT', message, { unit: contract.name })
}

/** What a report says of the units that go back with another one. */
export const aboutCascade = ({ edition, cascade = [] }: Ask): Finding[] =>
  cascade.map(({ unit, edition: { version, contract } }) => {
    const message = `${unit} goes back to ${version}, because it required what ${edition?.unit} was`
    return finding('TICKSWAP_E_CASCADE', message, { unit, file: contract.file, severity: 'info' })
  })

/** How state went back by hand, and the ticks that it cost. `now`: the participants' tick at the commit. */
export function restoredBy(
  restores: Restores,
  moves: readonly Move[],
  now: number,
): NonNullable<SwapReport['restored']> {
  if (restores.size === 0) return { how: moves.some(({ moved }) => moved) ? 'down' : 'none', ticksLost: 0 }
  const ticks = Array.from(restores.values(), ({ backup }) => now - backup.tick)
  return { how: 'backup', ticksLost: Math.max(0, ...ticks) }
}
