import { expect } from 'vitest'

process.execPath = process.env.TICKSWAP_NODE
expect(process.arch).toBe(process.env.TICKSWAP_ARCH ?? process.arch)
