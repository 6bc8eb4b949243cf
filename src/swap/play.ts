import type { RehearsalKind } from '../units/contract.ts'
import type { BoundUnit, State } from '../units/unit.ts'

/** One call that the engine made at a handle, to be made again on copies. Structured-cloneable. */
export interface Cue {
  readonly unit: string
  readonly name: string
  readonly args: readonly unknown[]
}

/** One unit on stage: a candidate, or one that runs, bound to a copy of its state. */
export interface Role {
  readonly name: string
  readonly unit: BoundUnit
  readonly state: State
  readonly namespace: object
  readonly rehearsal: RehearsalKind
}

const CONTEXT = { reason: 'rehearsal', participant: -1 } as const

/** Some ticks of candidates on copies of the state. Whoever makes one sees to it that nothing in it is live. */
export class Play {
  readonly #roles: readonly Role[]
  readonly #acting: readonly Role[]
  readonly #cues: readonly Cue[]
  #ready: Role[] = []

  constructor(roles: readonly Role[], cues: readonly Cue[]) {
    this.#roles = roles
    this.#cues = cues
    this.#acting = roles.filter(({ rehearsal }) => rehearsal === 'hook' || rehearsal === 'calls')
  }

  /** Binds all units, and sets up those that are rehearsed. @throws what `setup` throws */
  open(): void {
    for (const { unit, state } of this.#roles) unit.bind(state)
    for (const role of this.#acting) {
      role.unit.definition.setup?.(role.state, CONTEXT)
      this.#ready.push(role)
    }
  }

  /** One tick. @throws what the units throw */
  tick(): void {
    for (const { unit, state, rehearsal } of this.#acting) {
      const { rehearse } = unit.definition
      if (rehearsal === 'hook' && typeof rehearse === 'function') rehearse(state)
    }
    for (const cue of this.#cues) this.#call(cue)
  }

  #call({ unit, name, args }: Cue): void {
    const role = this.#acting.find((each) => each.name === unit)
    if (role?.rehearsal !== 'calls') return
    const target = (role.namespace as Record<string, unknown>)[name]
    if (typeof target === 'function') target(...args)
  }

  /** Disposes of what was set up; what that throws concerns nobody. */
  close(): void {
    for (const { unit, state } of this.#ready) {
      try {
        unit.definition.dispose?.(state)
      } catch {
        // It is told of when the version is really disposed of.
      }
    }
    this.#ready = []
    for (const { unit } of this.#roles) unit.bind(undefined)
  }
}
