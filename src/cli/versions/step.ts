import type { Level } from '../../version/compatibility/change.ts'
import { Version } from '../../version/version.ts'

/** The version after one: a prerelease is followed by what it announces. */
export function versionAfter(version: Version, step: Exclude<Level, 'none' | 'build'>): Version {
  const { major, minor, patch } = version
  const isPrerelease = version.prerelease.length > 0
  const next = (parts: Partial<{ major: number; minor: number; patch: number }>) =>
    Version.of({ major, minor: 0, patch: 0, ...parts, build: 0, prerelease: [], metadata: '' })
  switch (step) {
    case 'major':
      return isPrerelease && minor === 0 && patch === 0 ? next({}) : next({ major: major + 1 })
    case 'minor':
      return isPrerelease && patch === 0 ? next({ minor }) : next({ minor: minor + 1 })
    case 'patch':
      return isPrerelease ? next({ minor, patch }) : next({ minor, patch: patch + 1 })
    default:
      return step satisfies never
  }
}
