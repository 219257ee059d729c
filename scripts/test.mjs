// Runs the whole default suite and closes with one plain line: `N passed, M failed`.
//   npm test [-- VITEST ARGS…]
//   npm run test:long          the files of test/long/, which take longer than a default suite may
// With CI=true a skipped test is a failure: a machine that lacks a tool must say so, not pass.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const report = join(root, '.setup', `tests.${process.pid}.json`)
mkdirSync(dirname(report), { recursive: true })
const isLong = process.argv.includes('--long')
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const { status } = spawnSync(
  process.execPath,
  [
    vitest,
    'run',
    '--root',
    root,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...(isLong ? ['test/long/'] : []),
    ...process.argv.slice(2).filter((word) => word !== '--long'),
  ],
  // Set-up has compiled what is tested: processes that tests spawn run that.
  {
    stdio: 'inherit',
    cwd: root,
    env: { ...process.env, ONEROUND_COMPILED: '1', ...(isLong ? { ONEROUND_LONG: '1' } : {}) },
  },
)
if (!existsSync(report)) {
  console.log('0 passed, 1 failed')
  process.exit(status === 0 ? 1 : (status ?? 1))
}
const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites, success } = JSON.parse(
  readFileSync(report, 'utf8'),
)
rmSync(report)
const skippedFailures = process.env.CI === 'true' ? numPendingTests : 0
if (numPendingTests > 0)
  console.log(`${numPendingTests} skipped${skippedFailures ? ' (a failure, since CI=true)' : ''}`)
// A file that cannot be loaded fails no test, yet it is a failure.
const failed = Math.max(
  numFailedTests + skippedFailures,
  success && status === 0 ? 0 : Math.max(1, numFailedTests === 0 ? numFailedTestSuites : 0),
)
console.log(`${numPassedTests} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
