import { type Finding, finding, TickswapError } from '../errors.ts'
import { hashHex } from '../native/addon.ts'
import { carryColumns } from '../state/carry.ts'
import { sameShape } from '../state/layout.ts'
import type { UnitMemory } from '../state/memory.ts'
import type { Move } from '../swap/protocol.ts'
import type { SwapReport } from '../swap/report.ts'
import type { Contract } from '../units/contract.ts'
import type { Ask } from './ask.ts'
import { isEarlier, type Restored } from './backups.ts'
import { newMemory, type UnitEntry } from './catalog.ts'
import type { Assessment } from './compatibility.ts'
import type { Passenger } from './passenger.ts'

/** Backups that a rollback goes back to, by unit: of units that move, and of those of their groups that do not. */
export class Restores extends Map<string, Restored> {
  /** what was wrong with newer ones */
  readonly passedOver: TickswapError[] = []
}

/** What the state of a unit cannot be lost for, when it is there. */
const ABOUT_STATE: ReadonlySet<string> = new Set([
  'TICKSWAP_E_MIGRATION_MISSING',
  'TICKSWAP_E_MIGRATION_CHAIN',
])

/** A unit of a group, and what it is to be afterwards. */
interface Member {
  readonly entry: UnitEntry
  /** absent of one that keeps its code */
  readonly passenger: Passenger | undefined
}

/**
 * The backups that a rollback goes back to: where that was asked for, or where the present state cannot come along. All
 * units of a group go back to the same tick, or none does.
 * @throws TickswapError BACKUP_MISSING, BACKUP_CORRUPT
 */
export async function restoresFor(
  { trigger, edition, cascade = [], state = 'auto' }: Ask,
  passengers: readonly Passenger[],
  groups: readonly (readonly UnitEntry[])[],
): Promise<Restores> {
  const found = new Restores()
  if (trigger !== 'rollback' || !edition || state === 'down') return found
  const going = new Set([edition, ...cascade].map(({ unit }) => unit))
  const moving = new Map(passengers.map((passenger) => [passenger.contract.name, passenger]))
  for (const group of groups) {
    const members = group.map((entry): Member => ({ entry, passenger: moving.get(entry.name) }))
    const cannotComeAlong = ({ passenger }: Member) =>
      passenger?.candidate.transition.passage?.isKept === false
    if (!members.some(({ entry }) => going.has(entry.name))) continue
    if (state !== 'restore' && !members.some(cannotComeAlong)) continue
    await restoreGroup(members, found)
    const lost = members.find(({ entry, passenger }) => passenger && sharedBytes(entry, passenger) > 0)
    if (state === 'restore' && lost?.passenger && !found.has(lost.entry.name))
      throw missing(members, lost.passenger)
  }
  return found
}

/**
 * The backups to go back to when `down` has failed on a copy, and nobody has asked for it by name.
 * @throws the error that it failed with, when there are none
 */
export async function restoresInstead(
  error: unknown,
  ask: Ask,
  passengers: readonly Passenger[],
  groups: readonly (readonly UnitEntry[])[],
): Promise<Restores> {
  const isFailed = error instanceof TickswapError && error.code === 'TICKSWAP_E_MIGRATION_FAILED'
  if (!isFailed || ask.trigger !== 'rollback' || ask.state === 'down') throw error
  const found = await restoresFor({ ...ask, state: 'restore' }, passengers, groups).catch(
    () => new Restores(),
  )
  if (found.size === 0) throw error
  return found
}

const sharedBytes = ({ running }: UnitEntry, passenger: Passenger | undefined): number =>
  (passenger?.contract ?? running.contract).shared.bytes

/** The newest backup that all units of a group have of the versions that they are to be. */
async function restoreGroup(members: readonly Member[], found: Restores): Promise<void> {
  const holders = members.filter(({ entry, passenger }) => passenger || sharedBytes(entry, passenger) > 0)
  const [first] = holders
  let corrupt: TickswapError | undefined
  for (const { swap } of first?.entry.backups.all.toReversed() ?? []) {
    if (!holders.every((member) => isFit(member, swap))) continue
    try {
      const read = holders.map(({ entry }) => entry.backups.verified(entry.backups.of(swap)!))
      for (const [i, restored] of (await Promise.all(read)).entries())
        found.set(holders[i]!.entry.name, restored)
      if (corrupt) found.passedOver.push(corrupt)
      return
    } catch (error) {
      corrupt ??= error as TickswapError
    }
  }
  if (corrupt) throw corrupt
}

/** Whether a backup of a unit is of the version that it is to be, and of its shape or the one that it keeps. */
function isFit({ entry, passenger }: Member, swap: number): boolean {
  const backup = entry.backups.of(swap)
  if (!backup || (passenger && backup.version !== passenger.version.toString())) return false
  return sameShape(backup.layout, (passenger ?? entry.running).contract.shared)
}

function missing(members: readonly Member[], { contract, version }: Passenger): TickswapError {
  const others = members.flatMap(({ entry, passenger }) => (passenger ? [] : entry.name)).join(', ')
  const with_ = others === '' ? '' : ` together with ${others}, as they are now`
  const message = `there is no backup of the state of ${contract.name} ${version}${with_}`
  return new TickswapError('TICKSWAP_E_BACKUP_MISSING', message, { unit: contract.name })
}

/** A backup takes the place of a migration: that there is none is no reason any more. */
export function withRestores(assessed: Assessment, restores: Restores): Assessment {
  if (restores.size === 0) return assessed
  const kept = assessed.findings.filter(
    ({ code, unit }) => !(ABOUT_STATE.has(code) && restores.has(unit ?? '')),
  )
  const warnings = restores.passedOver.map((error): Finding => ({ ...error.finding, severity: 'warning' }))
  const findings = [...kept, ...warnings]
  const isRefused = findings.some(({ severity }) => severity === 'error')
  if (isRefused || assessed.verdict !== 'incompatible') return { ...assessed, findings }
  return { verdict: 'breaking', actions: ['backup', 'confirm'], findings }
}

/** Memory for a unit that holds a backup. @throws TickswapError BACKUP_CORRUPT, STATE_LIMIT */
export function memoryOf({ backup, bytes }: Restored, contract: Contract, hasSpare: boolean): UnitMemory {
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

/** What a report says of backups: that they are of an earlier run, and whose state goes back beside those that move. */
export function aboutRestores(restores: Restores, passengers: readonly Passenger[]): Finding[] {
  return [...aboutEarlier(restores), ...aboutMates(restores, passengers)]
}

/** How long ago that was no tick says: each run counts its own. */
function aboutEarlier(restores: Restores): Finding[] {
  const bySwap = new Map<number, string[]>()
  for (const [unit, { backup }] of restores)
    if (isEarlier(backup)) bySwap.set(backup.swap, [...(bySwap.get(backup.swap) ?? []), unit])
  return Array.from(bySwap.values(), (units) => {
    const { at, tick } = restores.get(units[0]!)!.backup
    const when = `tick ${tick} of an earlier run, ${new Date(at).toISOString()}`
    const message = `the state of ${units.join(', ')} goes back to ${when}`
    return finding('TICKSWAP_E_EARLIER_STATE', message, { unit: units[0]!, severity: 'info' })
  })
}

/** Units that keep their code and lose state, because their group goes back. */
function aboutMates(restores: Restores, passengers: readonly Passenger[]): Finding[] {
  const moving = new Set(passengers.map(({ contract }) => contract.name))
  return [...restores].flatMap(([unit, { backup }]) => {
    if (moving.has(unit)) return []
    const message = `the state of ${unit} goes back to tick ${backup.tick} with that of its group`
    return finding('TICKSWAP_E_GROUP_STATE', message, { unit, severity: 'info' })
  })
}

/**
 * How state went back by hand, and the ticks that it cost. `now`: the participants' tick at the commit; `first`: the
 * one with which this run began.
 */
export function restoredBy(
  restores: Restores,
  moves: readonly Move[],
  now: number,
  first: number,
): NonNullable<SwapReport['restored']> {
  if (restores.size === 0) return { how: moves.some(({ moved }) => moved) ? 'down' : 'none', ticksLost: 0 }
  const all = Array.from(restores.values(), ({ backup }) => backup)
  const ticks = all.map((backup) => now - (isEarlier(backup) ? first : backup.tick))
  const earlier = all.filter(isEarlier).map(({ at }) => at)
  const at = earlier.length > 0 && { at: Math.min(...earlier) }
  return { how: 'backup', ticksLost: Math.max(0, ...ticks), ...at }
}
