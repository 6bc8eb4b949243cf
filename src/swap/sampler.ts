import type { ColumnArray } from '../units/column.ts'
import type { Call } from './guard.ts'
import type { Cue } from './play.ts'
import type { OwnState, SampledMessage, SampleMessage } from './protocol.ts'
import type { LiveUnit, World } from './world.ts'

/** Calls of one tick that are handed over at most; a rehearsal needs the kinds of calls, not each of them. */
const MOST_CALLS = 256

/** What the sampler needs of its participant. */
export interface Recorder {
  readonly slot: number
  readonly world: World
  /** begins to keep the engine's calls; false: something else needs them at the moment */
  record(): boolean
  recorded(): readonly Call[]
  stop(): void
  answer(message: SampledMessage): void
}

/**
 * Hands the control thread what a rehearsal needs of a participant: what it has of the units for itself, and,
 * where asked for, the calls of one tick. Between requests it does nothing, and nothing stands in the way of a call.
 */
export class Sampler {
  readonly #recorder: Recorder
  #wanted: SampleMessage | undefined
  /** units whose calls are kept at the moment */
  #recording: ReadonlySet<string> | undefined

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  want(message: SampleMessage): void {
    this.#wanted = message
  }

  /** Whether the unit's calls have to pass through the guard. */
  isRecording(unit: string): boolean {
    return this.#recording?.has(unit) === true
  }

  /** At a tick boundary. @returns true when the next one is needed as well */
  turn(): boolean {
    const wanted = this.#wanted
    if (!wanted) return false
    if (this.#recording) return this.#finish(wanted, this.#cues(wanted))
    if (wanted.calls.length === 0 || !this.#recorder.record()) return this.#finish(wanted, [])
    this.#recording = new Set(wanted.calls)
    return true
  }

  #finish(wanted: SampleMessage, cues: readonly Cue[]): false {
    const { slot, world } = this.#recorder
    if (this.#recording) this.#recorder.stop()
    this.#recording = undefined
    this.#wanted = undefined
    const units = wanted.units.flatMap((name) => {
      const live = world.units.get(name)
      return live ? { unit: name, private: ownOf(live) } : []
    })
    this.#recorder.answer({ type: 'sampled', slot, sample: wanted.sample, units, cues })
    return false
  }

  #cues({ calls }: SampleMessage): Cue[] {
    const cues: Cue[] = []
    for (const { unit, name, args } of this.#recorder.recorded()) {
      if (!calls.includes(unit)) continue
      if (cues.length === MOST_CALLS) break
      const copy = cloned(args)
      if (copy) cues.push({ unit, name, args: copy })
    }
    return cues
  }
}

/** A copy of what this participant has of a unit for itself, as far as it can be handed to another thread. */
export function ownOf({ state }: LiveUnit): OwnState {
  const { columns: all, memory, soft } = state
  const columns: Record<string, ColumnArray> = {}
  for (const { name } of memory.own.slots) columns[name] = all[name]!.slice()
  return { columns, soft: cloned(soft) ?? {} }
}

/** undefined for what cannot be handed to another thread. */
function cloned<T>(value: T): T | undefined {
  try {
    return structuredClone(value)
  } catch {
    return undefined
  }
}
