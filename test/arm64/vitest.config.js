/**
 * Runs the tests in an emulated arm64 Node: vitest itself stays native and forks its
 * workers with TICKSWAP_NODE, a program that starts the emulator. The same for what the
 * tests start through process.execPath, by the set-up file.
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
