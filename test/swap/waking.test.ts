import { expect, test } from 'vitest'
import { Board, Word } from '../../dist/swap/board.js'
import { openFleet } from '../support/opened-fleet.ts'

const unit = (version: string) => `import { defineUnit, u32 } from 'tickswap/module'
export const unit = defineUnit({ version: '${version}', state: { columns: { steps: u32(64) } } })
export const step = (row = 0): void => void unit.state.columns.steps[row]!++
`

test('a round of a probation wakes its members once, and not the control thread', async () => {
  const { scratch, fleet } = await openFleet(
    { 'counter.ts': unit('1.0.0') },
    { workers: 3, runtime: { watch: false, probation: { ticks: 100_000 } } },
  )
  await scratch.write('counter.ts', unit('2.0.0'))
  const swap = fleet.runtime.swap('counter')
  await fleet.until(() => fleet.handle.version.startsWith('2.'), 'the second version')
  await swap
  const board = new Board(fleet.runtime.ticket().board)
  const count = () => [Word.ROUND, Word.WAKE, Word.DOORBELL].map((word) => board.load(word))
  const before = count()
  await fleet.frames(100)
  const [rounds, wakes, rings] = count().map((now, i) => now - before[i]!)
  expect(rounds).toBe(100)
  // Beside these, messages that were kept back from a thread that had no core.
  expect(wakes).toBeLessThan(110)
  expect(rings).toBeLessThan(10)
})
