// Another build of Node for the tests that compare digests, from the npm registry's packages, installed once into the
// ignored folder .setup/: node scripts/other-node.mjs linux-x64|linux-arm64. Prints the path of its executable.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const VERSION = '24.21.0'
const platform = process.argv[2] ?? 'linux-x64'
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = join(root, '.setup', `node-24-${platform}`)
const executable = join(folder, 'node_modules', `node-${platform}`, 'bin', 'node')
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
      // The package says which processor it is for; an emulator runs it on another.
      '--force',
      `node-${platform}@${VERSION}`,
    ],
    { stdio: ['ignore', 2, 2], cwd: folder },
  )
  if (status !== 0) process.exit(1)
}
console.log(executable)
