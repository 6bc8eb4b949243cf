import type { RegistryReader } from '../registry/reader.ts'

/**
 * What a participant runs, by the generation of the registry that it views: unit to version. Undefined for one that
 * views none because it rests, or one that is too far behind for its generation to be read whole.
 */
export function versionsIn(registry: RegistryReader, slot: number): Record<string, string> | undefined {
  const generation = Atomics.load(registry.words, registry.wordOf(slot)) - 1
  if (generation < 0) return undefined
  const versions: Record<string, string> = {}
  for (const [index, unit] of registry.units().entries()) {
    const record = registry.active(index, generation)
    if (record >= 0) versions[unit] = registry.record(record).version.toString()
  }
  return registry.isWhole(generation) ? versions : undefined
}
