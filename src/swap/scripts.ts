import { createHash } from 'node:crypto'
import type { Artifact } from '../units/code/artifact.ts'
import type { World } from './world.ts'

/** Versions whose scripts are remembered, per thread; the oldest are forgotten first. */
const MOST_SCRIPTS = 4096
const HASH_DIGITS = 16

/** Which version of a unit a script belongs to. Structured-cloneable. */
export interface ScriptVersion {
  /** V8's own hash of the script's text, shortened */
  readonly script: string
  /** id of the module */
  readonly id: string
  /** content hash of the module */
  readonly hash: string
  readonly unit: string
  readonly version: string
}

const hashes = new WeakMap<Artifact, string>()

/** V8 names a script by the SHA-256 of its text. */
function scriptHash(artifact: Artifact): string {
  let hash = hashes.get(artifact)
  if (hash === undefined) {
    hash = createHash('sha256').update(artifact.code).digest('hex').slice(0, HASH_DIGITS)
    hashes.set(artifact, hash)
  }
  return hash
}

/** The scripts of units and of the modules that travel with them. */
export function scriptsOf(
  units: readonly { unit: string; version: string; artifacts: readonly Artifact[] }[],
): ScriptVersion[] {
  return units.flatMap(({ unit, version, artifacts }) =>
    artifacts.map((artifact) => {
      return { script: scriptHash(artifact), id: artifact.id, hash: artifact.hash, unit, version }
    }),
  )
}

/** The scripts that run or have run in a participant: what tells a stack frame's version. */
export class Scripts {
  readonly #world: World
  readonly #known = new Map<string, ScriptVersion>()

  constructor(world: World) {
    this.#world = world
    worlds.add(this)
  }

  add(versions: readonly ScriptVersion[]): void {
    for (const version of versions) {
      this.#known.delete(version.script)
      this.#known.set(version.script, version)
    }
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST_SCRIPTS) return
      this.#known.delete(oldest)
    }
  }

  find(script: string): FrameVersion | undefined {
    const known = this.#known.get(script)
    if (!known) return undefined
    const { id, unit, version, hash } = known
    const isRunning = this.#world.linker.sourceOf(id)?.hash === hash
    return { id, unit, version, isRunning, running: this.#world.units.get(unit)?.version }
  }

  close(): void {
    worlds.delete(this)
  }
}

/** The version that a frame's code is of. */
export interface FrameVersion {
  readonly id: string
  readonly unit: string
  readonly version: string
  readonly isRunning: boolean
  /** the version of the unit that runs now */
  readonly running: string | undefined
}

/** The participants of this thread. */
const worlds = new Set<Scripts>()

/** The version that a call site is in; undefined for code that is not hot. */
export function versionOf(site: NodeJS.CallSite): FrameVersion | undefined {
  if (site.isNative() || !site.getScriptNameOrSourceURL()) return undefined
  const script = site.getScriptHash().slice(0, HASH_DIGITS)
  for (const scripts of worlds) {
    const found = scripts.find(script)
    if (found) return found
  }
  return undefined
}
