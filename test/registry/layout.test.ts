import { expect, it } from 'vitest'
import { addon } from '../../dist/native/addon.js'
import { LAYOUT, VERSION_STATES } from '../../dist/registry/layout.js'

it('is the layout that the C compiler has, entry for entry', () => {
  expect(addon().layout()).toEqual(LAYOUT)
})

it('numbers the states as the C header does', () => {
  for (const [number, state] of VERSION_STATES.entries())
    expect(addon().layout()[`STATE_${state.toUpperCase()}`]).toBe(number)
})
