import { type Finding, finding, type Place } from '../../errors.ts'
import type { Version } from '../version.ts'
import { type Change, LEVELS, type Level, largest, sentence } from './change.ts'
import { placeIn, type UnitDescriptor } from './descriptor.ts'

/** What the step from one number to the other says about itself. */
export function declaredLevel(from: Version, to: Version): Level {
  if (from.sameDeclared(to)) return 'build'
  if (from.major !== to.major) return 'major'
  if (from.minor !== to.minor) return 'minor'
  return 'patch'
}

/** Before 1.0.0 a minor may break: what would be a major is a minor there. */
export const levelFor = (from: Version, level: Level): Level =>
  from.major === 0 && level === 'major' ? 'minor' : level

/** The step of the version that the changes ask for. */
export const levelOf = (changes: readonly Change[]): Level => largest(changes.map(({ level }) => level))

/**
 * Where a new number promises less than what changed. Saving without a new number promises nothing, nor do
 * prereleases, nor going back.
 */
export function checkPromise(
  from: Version,
  to: Version,
  descriptor: UnitDescriptor,
  changes: readonly Change[],
): Finding[] {
  const declared = declaredLevel(from, to)
  const isPromise = declared === 'patch' || declared === 'minor'
  if (!isPromise || to.prerelease.length > 0 || isBackward(from, to)) return []
  const broken = changes.filter(
    ({ level }) => LEVELS.indexOf(levelFor(from, level)) > LEVELS.indexOf(declared),
  )
  if (broken.length === 0) return []
  const needed = levelFor(from, levelOf(broken))
  const what = broken.map((change) => `${sentence(change)}${at(change.place)}`).join('; ')
  const message = `${descriptor.unit} ${from} -> ${to} declares a ${declared}, but is a ${needed}: ${what}`
  const place = placeIn(descriptor, 'version')
  return [
    finding('TICKSWAP_E_VERSION_PROMISE', message, { unit: descriptor.unit, ...place, severity: 'warning' }),
  ]
}

const isBackward = (from: Version, to: Version): boolean =>
  (to.major - from.major || to.minor - from.minor || to.patch - from.patch) < 0

const at = (place: Place | undefined): string =>
  place?.file && place.line ? ` (${place.file}:${place.line})` : ''
