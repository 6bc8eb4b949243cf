import { EventEmitter } from 'node:events'
import { bad, oneOf } from '../control/option-values.ts'
import { type Finding, finding } from '../errors.ts'
import type { EventMessage, HistoryEntry, RuntimeEvent } from '../swap/protocol.ts'
import type { SwapProgress, SwapReport } from '../swap/report.ts'

const HISTORY_LIMIT = 4096
const EVENTS: readonly RuntimeEvent[] = ['swap', 'reject', 'rollback', 'permanent', 'warning', 'progress']

export interface Events {
  swap: [SwapReport]
  reject: [SwapReport]
  rollback: [SwapReport]
  permanent: [SwapReport]
  warning: [Finding]
  progress: [SwapProgress]
}

/** What a participant has heard, for those who listen. */
export class News {
  readonly history: HistoryEntry[] = []
  readonly #events = new EventEmitter()
  readonly #early: EventMessage[] = []
  #canListen = false

  /** @throws TickswapError OPTION */
  on<E extends RuntimeEvent>(event: E, listener: (...args: Events[E]) => void): void {
    oneOf('event', event, EVENTS)
    if (typeof listener !== 'function') throw bad(`a listener of '${event}' must be a function`)
    this.#events.on(event as string, listener)
  }

  off<E extends RuntimeEvent>(event: E, listener: (...args: Events[E]) => void): void {
    this.#events.off(event as string, listener)
  }

  hear(message: EventMessage): void {
    if (this.#canListen) this.#tell(message)
    else this.#early.push(message)
  }

  /** From here on somebody may listen: tells what came before, too. */
  open(): void {
    if (this.#canListen) return
    this.#canListen = true
    for (const message of this.#early.splice(0)) this.#tell(message)
  }

  /** A listener that throws must reach neither into the engine's tick nor to the other listeners. */
  emit(event: RuntimeEvent, payload: EventMessage['payload']): void {
    for (const listener of this.#events.listeners(event)) {
      try {
        listener(payload)
      } catch (error) {
        if (event !== 'warning') this.#warn(event, error)
      }
    }
  }

  #warn(event: RuntimeEvent, error: unknown): void {
    const message = `a listener of '${event}' threw: ${error instanceof Error ? error.message : String(error)}`
    this.emit('warning', finding('TICKSWAP_E_LISTENER', message, { severity: 'warning' }))
  }

  #tell({ event, payload, history }: EventMessage): void {
    this.history.push(...history)
    this.history.splice(0, this.history.length - HISTORY_LIMIT)
    this.emit(event, payload)
  }
}
