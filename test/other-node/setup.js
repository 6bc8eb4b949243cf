import fc from 'fast-check'
import { expect } from 'vitest'
import { addon } from '../../dist/native/addon.js'

// Emulated, a property is tried on as many cases as that takes, of the thousands that it is tried on otherwise.
const LONGEST_PROPERTY_MS = 5000
if (process.env.TICKSWAP_ARCH) fc.configureGlobal({ interruptAfterTimeLimit: LONGEST_PROPERTY_MS })

process.execPath = process.env.TICKSWAP_NODE
expect(process.arch).toBe(process.env.TICKSWAP_ARCH ?? process.arch)
// Held by the main thread, the library is not unloaded when the last worker that uses it
// ends: the thread sanitizer takes a library that comes back for the one that went.
addon()
