import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Two cores: files in turn, so that a test's threads have them to themselves.
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // The built package is tested, as Node loads it.
    server: { deps: { external: [/\/dist\//] } },
  },
})
