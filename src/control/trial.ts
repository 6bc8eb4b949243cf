import type { Stage } from '../units/code/artifact.ts'
import type { Attempts } from './again.ts'
import { nextVersion } from './check.ts'
import type { Control } from './control.ts'
import type { Passenger } from './passenger.ts'

/**
 * Native code and a lack of memory may end the process wherever the candidate first runs, be it in the rehearsal: the
 * disk knows before that what is tried. Its version is known only when it has run.
 * @returns the units that the disk knows of now
 */
export async function suspect(
  control: Control,
  swap: number,
  stage: Stage,
  files: readonly string[],
  attempts: Attempts,
): Promise<string[]> {
  const { catalog, persistence } = control
  if (!persistence.recorder) return []
  const units = files.flatMap((file) => {
    const entry = catalog.byFile(file)
    if (!entry) return []
    const version = nextVersion(entry.running.version, control.usedVersions(entry)).toString()
    const artifacts = catalog.closure(file, stage.update)
    return [{ unit: entry.name, version, hash: control.hashOf(file, stage.update), artifacts }]
  })
  await persistence.recorder.trial(swap, units, attempts)
  return units.map(({ unit }) => unit)
}

/** Writes down the versions that are about to be committed. */
export async function putOnTrial(
  { catalog, persistence }: Control,
  swap: number,
  stage: Stage,
  passengers: readonly Passenger[],
  attempts: Attempts,
): Promise<void> {
  const units = passengers.map(({ contract, version, hash }) => {
    const artifacts = catalog.closure(contract.file, stage.update)
    return { unit: contract.name, version: version.toString(), hash, artifacts }
  })
  await persistence.recorder?.trial(swap, units, attempts)
}
