import { afterEach } from 'vitest'

/** What a test has opened: closed and removed when it is over, the last first. */
export const open: { close?: () => Promise<void>; remove?: () => Promise<void> }[] = []

afterEach(async () => {
  for (const it of open.splice(0).reverse()) {
    await it.close?.()
    await it.remove?.()
  }
})
