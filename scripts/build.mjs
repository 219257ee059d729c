// Compiles src/ into dist/ (aside, then swapped in, so that a running command never sees half a build) and copies the
// files that the compiler does not: the WebAssembly kernels, their lock file and the dashboard's static files.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')
const aside = join(root, '.setup', `dist.${process.pid}`)
const COPIED = /\.(wasm|json|html|css)$/

function copyAssets(folder, relative = '') {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(relative, entry.name)
    if (entry.isDirectory()) {
      if (entry.name !== 'assembly') copyAssets(join(folder, entry.name), path)
    } else if (COPIED.test(entry.name)) {
      mkdirSync(dirname(join(aside, path)), { recursive: true })
      cpSync(join(folder, entry.name), join(aside, path))
    }
  }
}

rmSync(aside, { recursive: true, force: true })
mkdirSync(aside, { recursive: true })
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const { status } = spawnSync(
  process.execPath,
  [compiler, '-p', join(root, 'tsconfig.json'), '--outDir', aside],
  {
    stdio: ['ignore', 2, 2],
  },
)
if (status !== 0) {
  rmSync(aside, { recursive: true, force: true })
  process.exit(status ?? 1)
}
copyAssets(join(root, 'src'))
const main = join(aside, 'cli', 'main.js')
if (existsSync(main)) chmodSync(main, 0o755)
const old = `${aside}.old`
if (existsSync(dist)) renameSync(dist, old)
renameSync(aside, dist)
rmSync(old, { recursive: true, force: true })
