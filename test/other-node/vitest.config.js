/**
 * Runs the tests in another Node than the one vitest runs in, such as an emulated arm64
 * one or one with a sanitizer preloaded: the workers are forked with TICKSWAP_NODE, a
 * program that starts it. The set-up file gives the tests the same for what they start.
 */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { SLOW } from './slow.js'

process.execPath = process.env.TICKSWAP_NODE
const isEmulated = process.env.TICKSWAP_ARCH !== undefined
if (isEmulated)
  for (const [tests, why] of Object.entries(SLOW)) console.log(`not run under emulation: ${tests}, ${why}`)

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // A sanitizer or an emulator takes most of a core; what is measured by the clock is not run here.
    fileParallelism: isEmulated,
    maxWorkers: isEmulated ? 2 : 1,
    exclude: isEmulated ? Object.keys(SLOW) : [],
    setupFiles: [fileURLToPath(new URL('./setup.js', import.meta.url))],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    server: { deps: { external: [/\/dist\//] } },
  },
})
