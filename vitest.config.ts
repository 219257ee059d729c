import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Whole rounds under faults, and campaigns: `npm run test:long`.
    exclude: process.env['ONEROUND_LONG'] === '1' ? [] : ['test/long/**'],
    setupFiles: ['src/compat.ts'],
    pool: 'forks',
    // Two cores, and files of spawned processes that mostly wait for deadlines and each other.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
