import { expect } from 'vitest'
import { addon } from '../../dist/native/addon.js'

process.execPath = process.env.TICKSWAP_NODE
expect(process.arch).toBe(process.env.TICKSWAP_ARCH ?? process.arch)
// Held by the main thread, the library is not unloaded when the last worker that uses it
// ends: the thread sanitizer takes a library that comes back for the one that went.
addon()
