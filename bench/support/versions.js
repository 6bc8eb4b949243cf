import { Registry } from '../../dist/registry/registry.js'
import { Version } from '../../dist/version/version.js'

/** Texts of versions in ascending order, as a unit's history has them: distinct, the same on every machine. */
export function versionTexts(count) {
  return Array.from(
    { length: count },
    (_, i) => `${1 + Math.floor(i / 2000)}.${Math.floor(i / 40) % 50}.${i % 40}`,
  )
}

/** A registry in which a unit has a version for each text. */
export function registryOf(texts) {
  const registry = Registry.create({ units: 1, versions: texts.length })
  const unit = registry.registerUnit('traffic')
  const versions = texts.map(Version.parse)
  const records = versions.map((version, i) =>
    registry.registerVersion({ unit, version, hash: i.toString(16).padStart(16, '0'), timestamp: i }),
  )
  return { registry, unit, versions, records }
}
