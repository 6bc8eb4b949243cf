import { TickswapError } from '../errors.ts'
import type { ColumnArray } from '../units/column.ts'

/** Accesses between two looks at the clock. */
const LOOK_EVERY = 4096
const INDEX = /^(?:0|[1-9]\d*|-\d+|\d+\.\d+)$/

/** There is no more time to watch: no error of anybody's. */
const ENOUGH = Symbol('enough')

/**
 * Columns that notice a write past their end, which JavaScript drops without a word. `leave` runs something with
 * them until it is done, or as long as it may take; what it throws otherwise is not its own, and is left out.
 * @throws TickswapError MIGRATION_BOUNDS
 */
export function within(columns: Readonly<Record<string, ColumnArray>>, ms: number) {
  const end = performance.now() + ms
  let left = LOOK_EVERY
  let outside: TickswapError | undefined
  const look = () => {
    if (--left > 0) return
    left = LOOK_EVERY
    if (performance.now() > end) throw ENOUGH
  }
  const fence = (name: string, column: ColumnArray): ColumnArray =>
    new Proxy(column, {
      get(target, key) {
        look()
        const value = Reflect.get(target, key, target) as unknown
        return typeof value === 'function' && key !== 'constructor' ? value.bind(target) : value
      },
      set(target, key, value) {
        look()
        if (typeof key === 'string' && INDEX.test(key) && !(key in target)) {
          const message = `the migration wrote to column ${name}[${key}], which has ${target.length} elements`
          outside ??= new TickswapError('TICKSWAP_E_MIGRATION_BOUNDS', message)
          throw outside
        }
        return Reflect.set(target, key, value, target)
      },
    })
  const fenced = Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, fence(name, column)]),
  )
  const leave = (act: () => void): void => {
    try {
      act()
    } catch {
      // A proxy is no typed array to everybody: what fails of that has been through before, without a fence.
    }
    if (outside) throw outside
  }
  return { columns: fenced, leave }
}
