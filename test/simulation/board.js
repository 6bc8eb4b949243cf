import { writeSync } from 'node:fs'

/** With TICKSWAP_TRACE=1 every write is printed, with the simulated time and the actor. */
const isTraced = process.env.TICKSWAP_TRACE === '1'

/**
 * A board whose every access lets the scheduler decide who goes on. `idle` runs whenever the thread has waited
 * asynchronously: what its event loop would do.
 */
export function simulatedBoard({ Board, Word, SlotWord }, shared, scheduler, idle = () => {}) {
  const write = tracer(Word, SlotWord, scheduler)
  return new (class extends Board {
    load(word) {
      if (!scheduler.isGhost) scheduler.step()
      return super.load(word)
    }
    store(word, value) {
      if (scheduler.isGhost) return
      scheduler.step()
      super.store(word, value)
      write('store', word, value)
    }
    add(word, value) {
      if (scheduler.isGhost) return 0
      scheduler.step()
      write('add', word, value)
      return super.add(word, value)
    }
    exchange(word, value) {
      scheduler.step()
      return super.exchange(word, value)
    }
    swap(word, expected, value) {
      scheduler.step()
      const isDone = super.swap(word, expected, value)
      write(isDone ? 'swap' : 'swap in vain', word, value)
      return isDone
    }
    now() {
      return scheduler.now
    }
    instant() {
      return scheduler.now
    }
    wait(word, value, ms) {
      scheduler.block(word, value, ms)
    }
    async waitAsync(word, value, ms) {
      scheduler.block(word, value, ms)
      idle()
    }
  })(shared)
}

const QUIET = new Set(['WAKE', 'DOORBELL', 'ATTENTION', 'TICKET', 'NEXT_END', 'CALLING'])

function tracer(Word, SlotWord, scheduler) {
  if (!isTraced) return () => {}
  const header = new Map(Object.entries(Word).map(([name, word]) => [word, name]))
  const own = new Map(Object.entries(SlotWord).map(([name, word]) => [word, name]))
  return (how, word, value) => {
    const name = word < 32 ? header.get(word) : own.get((word - 32) % 16)
    if (QUIET.has(name)) return
    const slot = word < 32 ? '' : ` of slot ${(word - 32) >> 4}`
    const shown =
      name === 'DECISION' ? `swap ${value >>> 8}, attempt ${(value >> 4) & 15}, status ${value & 15}` : value
    writeSync(2, `${scheduler.now.toFixed(3)} actor ${scheduler.me}: ${how} ${name}${slot} ${shown}\n`)
  }
}

/** Something an actor does, for the trace. */
export function trace(scheduler, what) {
  if (isTraced) writeSync(2, `${scheduler.now.toFixed(3)} actor ${scheduler.me}: ${what}\n`)
}
