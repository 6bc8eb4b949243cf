import type { Finding } from '../errors.ts'
import { ofVersion } from './frames.ts'
import type { Call } from './guard.ts'
import { blame } from './transition.ts'
import type { LiveUnit } from './world.ts'

/** Runs calls of a tick that was taken back again, with the version that runs. */
export class Repeats {
  readonly #unit: (name: string) => LiveUnit | undefined
  readonly #surface: (live: LiveUnit) => object
  readonly #warn: (message: { id: number; finding: Finding }) => void
  readonly #owed: { readonly id: number; readonly call: Call }[] = []

  constructor(
    unit: (name: string) => LiveUnit | undefined,
    surface: (live: LiveUnit) => object,
    warn: (message: { id: number; finding: Finding }) => void,
  ) {
    this.#unit = unit
    this.#surface = surface
    this.#warn = warn
  }

  /** `id`: the swap that was rolled back. What the call throws is a warning. */
  run(id: number, call: Call): void {
    const live = this.#unit(call.unit)
    const target = live && (this.#surface(live) as Record<string, unknown>)[call.name]
    if (!live || typeof target !== 'function') return
    try {
      target(...call.args)
    } catch (error) {
      const about = { unit: live.name, file: live.file }
      const found = blame('TICKSWAP_E_REPLAY', error, about, `${call.name} threw${ofVersion(error)}`)
      this.#warn({ id, finding: { ...found, severity: 'warning' } })
    }
  }

  /** A participant that was paused when a swap was rolled back makes up for its calls at its next tick. */
  owe(id: number, calls: readonly Call[]): void {
    for (const call of calls) this.#owed.push({ id, call })
  }

  makeUp(): void {
    for (const { id, call } of this.#owed.splice(0)) this.run(id, call)
  }
}
