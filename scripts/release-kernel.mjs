// Keeps the kernel of a release for ever: copies kernel.wasm to kernel/releases/ under its digest, lists it with the
// package's version, and writes a finished round made with it to test/fixtures/releases/, which a test verifies from then on.
//   node scripts/release-kernel.mjs
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const kernel = join(root, 'src', 'aggregate', 'kernel')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const { sha256 } = JSON.parse(readFileSync(join(kernel, 'kernel.lock.json'), 'utf8'))
const list = join(kernel, 'releases', 'releases.json')
const releases = JSON.parse(readFileSync(list, 'utf8'))
if (releases.some((release) => release.version === version)) {
  throw new Error(`version ${version} is released: raise it in package.json first`)
}
mkdirSync(dirname(list), { recursive: true })
copyFileSync(join(kernel, 'kernel.wasm'), join(kernel, 'releases', `${sha256}.wasm`))
writeFileSync(list, `${JSON.stringify([...releases, { version, sha256 }], null, 2)}\n`)
const folder = join(root, 'test', 'fixtures', 'releases', version)
const args = ['--import', 'tsx', join(root, 'test', 'support', 'write-release-round.ts'), folder]
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
if (status !== 0) process.exit(1)
