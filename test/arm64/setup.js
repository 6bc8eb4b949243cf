import { expect } from 'vitest'

process.execPath = process.env.TICKSWAP_NODE
expect(process.arch).toBe('arm64')
