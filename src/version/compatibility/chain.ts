import { Version } from '../version.ts'
import type { UnitDescriptor } from './descriptor.ts'
import { type Passage, passageBetween } from './migrations.ts'

/** A way over versions that are known, each step by the migration of its newer version. */
export interface Chain {
  /** the versions between, in the order of the way */
  readonly via: readonly string[]
  /** of each step, the range of its migration; undefined where everything is carried over by name */
  readonly ranges: readonly (string | undefined)[]
  readonly isReversible: boolean
  readonly isLossy: boolean
}

interface Reached {
  readonly at: UnitDescriptor
  readonly steps: readonly Passage[]
  readonly via: readonly string[]
}

/**
 * The passage with the fewest steps over stored versions, where the newer of two versions has no migration of its
 * own for the older; otherwise the direct one.
 */
export function throughStored(
  direct: Passage,
  from: UnitDescriptor,
  to: UnitDescriptor,
  stored: readonly UnitDescriptor[],
): Passage {
  if (direct.direction === 'none' || direct.migration) return direct
  const found = shortest(from, to, between(from, to, stored), direct.direction)
  if (!found) return direct
  const newest = direct.direction === 'up' ? found.steps.at(-1)! : found.steps[0]!
  if (direct.isKept && !newest.migration) return direct
  const chain: Chain = {
    via: found.via,
    ranges: found.steps.map(({ migration }) => migration?.range),
    isReversible: found.steps.every(({ isReversible }) => isReversible),
    isLossy: found.steps.some(({ isLossy }) => isLossy),
  }
  return { ...direct, ...chain, chain, moved: true, isKept: true }
}

/** The newest of each version that lies between the two. */
function between(from: UnitDescriptor, to: UnitDescriptor, stored: readonly UnitDescriptor[]) {
  const [a, b] = [Version.parse(from.version), Version.parse(to.version)]
  const [low, high] = Version.compare(a, b) < 0 ? [a, b] : [b, a]
  const found = new Map<string, UnitDescriptor>()
  for (const descriptor of stored) {
    const version = Version.parse(descriptor.version)
    if (Version.compare(version, low) > 0 && Version.compare(version, high) < 0)
      found.set(descriptor.version, descriptor)
  }
  return [...found.values()]
}

function shortest(
  from: UnitDescriptor,
  to: UnitDescriptor,
  stops: readonly UnitDescriptor[],
  direction: Passage['direction'],
): Reached | undefined {
  const left = new Set(stops)
  let front: Reached[] = [{ at: from, steps: [], via: [] }]
  while (front.length > 0) {
    const next: Reached[] = []
    for (const { at, steps, via } of front) {
      const last = at === from ? undefined : passageBetween(at, to)
      if (last?.isKept) return { at: to, steps: [...steps, last], via }
      for (const stop of left) {
        const step = passageBetween(at, stop)
        if (!step.isKept || step.direction !== direction) continue
        left.delete(stop)
        next.push({ at: stop, steps: [...steps, step], via: [...via, stop.version] })
      }
    }
    front = next
  }
  return undefined
}
