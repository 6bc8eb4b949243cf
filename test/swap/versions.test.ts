import { describe, expect, test } from 'vitest'
import { counter } from '../support/counter.ts'
import { openFleet } from '../support/opened-fleet.ts'

async function start(workers = 2) {
  const runtime = { watch: false, probation: { ticks: 1 } }
  const { scratch, fleet } = await openFleet({ 'counter.ts': counter() }, { workers, runtime })
  let permanent = 0
  /** Whatever an action leads to, until it is permanent. */
  const settle = async (action: () => Promise<unknown>) => {
    const report = await fleet.during(action())
    permanent++
    const count = () => fleet.reports.filter(({ outcome }) => outcome === 'permanent').length
    await fleet.until(() => count() === permanent, 'permanence')
    return report
  }
  const swap = (text: string) =>
    settle(async () => {
      await scratch.write('counter.ts', text)
      return fleet.runtime.swap('counter')
    })
  const registry = () => fleet.runtime.diagnostics().registry
  return { scratch, fleet, settle, swap, registry }
}

describe('the registry of a runtime', () => {
  test('goes back to the best version of a range', async () => {
    const { fleet, settle, swap } = await start(1)
    const back = (to: string) => fleet.runtime.rollback('counter', { to })
    for (const version of ['2.0.0', '2.4.0', '2.3.0', '2.5.0-rc.1', '3.0.0']) await swap(counter({ version }))
    expect(await settle(() => back('^2.0.0'))).toMatchObject({ units: [{ from: '3.0.0', to: '2.4.0' }] })
    // The one that runs is not gone back to, and those between have not been lost.
    expect(await settle(() => back('^2.0.0'))).toMatchObject({ units: [{ from: '2.4.0', to: '2.3.0' }] })
    expect(await settle(() => back('2.x'))).toMatchObject({ units: [{ to: '2.4.0' }] })
    expect(await settle(() => back('>=2.5.0-rc.0 <2.5.0'))).toMatchObject({ units: [{ to: '2.5.0-rc.1' }] })
    expect(await settle(() => back('>2.4.0'))).toMatchObject({ units: [{ to: '3.0.0' }] })
    for (const [to, code] of [
      ['^4.0.0', 'TICKSWAP_E_NO_SUCH_VERSION'],
      ['neither a version nor a range', 'TICKSWAP_E_VERSION_INVALID'],
    ] as const)
      await expect(fleet.during(back(to))).rejects.toMatchObject({ code })
    expect(fleet.handle.version).toBe('3.0.0')
  })

  test('holds as many records as there are versions to go back to, however many there were', async () => {
    const { fleet, scratch, swap, registry } = await start(0)
    const swaps = 150
    const before = registry()
    for (let by = 2; by <= swaps; by++) {
      await swap(counter({ by }))
      // Refused ones give their records back as well.
      if (by % 10 !== 0) continue
      await scratch.write('counter.ts', counter({ by }).replace('export', 'throw new Error("no"); export'))
      expect(await fleet.during(fleet.runtime.swap('counter'))).toMatchObject({ outcome: 'refused' })
    }
    const { registered, reclaimable, reclaimed, versions, retired, activated, grown } = registry()
    expect(registered).toBe(swaps)
    expect(activated).toBe(swaps)
    // What runs, and the 63 before it.
    expect(versions - reclaimable).toBe(64)
    expect({ retired, reclaimed, grown }).toEqual({ retired: swaps - 64, reclaimed: 0, grown: 0 })
    expect(registry().bytes).toBe(before.bytes)
  }, 60_000)

  test('waits for participants that tick, not for those that rest or are gone', async () => {
    const { fleet, swap, registry } = await start(1)
    expect(registry()).toMatchObject({ participants: 2, joined: 2, left: 0, oldestView: 1 })
    await swap(counter({ by: 2 }))
    await fleet.frames(1)
    expect(registry()).toMatchObject({ participants: 2, oldestView: 2 })
    fleet.runtime.pause()
    expect(registry()).toMatchObject({ participants: 1, left: 1 })
    await fleet.frames(1)
    expect(registry()).toMatchObject({ participants: 2, joined: 3 })
    const worker = await fleet.addWorker()
    await fleet.frames(1)
    expect(registry().participants).toBe(3)
    await worker.terminate()
    fleet.forget(worker)
    // It said no word; the thread that watches over the slots notices.
    await fleet.until(() => registry().participants === 2, 'the slot of a thread that died')
    await swap(counter({ by: 3 }))
    await fleet.frames(1)
    expect(registry()).toMatchObject({ participants: 2, oldestView: 3, left: 2 })
  })
})
