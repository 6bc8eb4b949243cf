/**
 * Runs the tests in another Node than the one vitest runs in, such as an emulated arm64
 * one or one with a sanitizer preloaded: the workers are forked with TICKSWAP_NODE, a
 * program that starts it. The set-up file gives the tests the same for what they start.
 */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

process.execPath = process.env.TICKSWAP_NODE

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    setupFiles: [fileURLToPath(new URL('./setup.js', import.meta.url))],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    server: { deps: { external: [/\/dist\//] } },
  },
})
