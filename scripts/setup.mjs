// Brings a checkout to the state in which a command can run, then runs it:
//   node scripts/setup.mjs [--quiet] [-- COMMAND ARGS…]
// Installs dependencies when package-lock.json is not what was last installed, compiles src/ into dist/ when a source
// file is newer in content than what was last compiled. Needs nothing but Node and npm. Two runs at once are safe: one
// holds the lock (a folder, whose creation is atomic) and the other waits for it and then finds everything done.
// All its own output goes to stderr; stdout belongs to COMMAND.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const state = join(root, '.setup')
const lock = join(state, 'lock')
const LOCK_POLL_MS = 200

const say = (text) => process.stderr.write(`setup: ${text}\n`)

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? filesUnder(path) : [path]
    })
    .sort()
}

function digestOf(paths) {
  const hash = createHash('sha256')
  for (const path of paths)
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0')
  return hash.digest('hex')
}

const stamp = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')
const installStamp = join(root, 'node_modules', '.oneround-installed')
const buildStamp = join(root, 'dist', '.built-from')
const wantedInstall = () => digestOf([join(root, 'package-lock.json')])
const wantedBuild = () =>
  digestOf([
    join(root, 'tsconfig.json'),
    join(root, 'package.json'),
    join(root, 'scripts', 'build.mjs'),
    ...filesUnder(join(root, 'src')),
  ])

function isCurrent() {
  return stamp(installStamp) === wantedInstall() && stamp(buildStamp) === wantedBuild()
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function tryLock() {
  try {
    mkdirSync(lock)
    writeFileSync(join(lock, 'pid'), String(process.pid))
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  }
}

/** A holder that was killed leaves its folder behind: move it away under a name of our own (only one of us can). */
function clearStaleLock() {
  const pid = Number(stamp(join(lock, 'pid')))
  const ageMs = existsSync(lock) ? Date.now() - statSync(lock).mtimeMs : 0
  const isStale = pid > 0 ? !isAlive(pid) : ageMs > 10_000
  if (!isStale) return
  const grave = `${lock}.stale.${process.pid}`
  try {
    renameSync(lock, grave)
    rmSync(grave, { recursive: true, force: true })
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
}

async function withLock(work) {
  mkdirSync(state, { recursive: true })
  for (let isFirst = true; !tryLock(); isFirst = false) {
    if (isFirst) say('another set-up is running in this checkout; waiting for it')
    clearStaleLock()
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS))
  }
  try {
    work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function runStep(title, command, args) {
  say(title)
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    shell: process.platform === 'win32',
  })
  if (error || status !== 0) {
    say(`${title} failed (${error ? error.message : `exit status ${status}`}): ${command} ${args.join(' ')}`)
    rmSync(lock, { recursive: true, force: true })
    process.exit(1)
  }
}

function bringUpToDate() {
  if (stamp(installStamp) !== wantedInstall()) {
    runStep('installing dependencies', 'npm', [
      'ci',
      '--include=dev',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ])
    writeFileSync(installStamp, wantedInstall())
  }
  if (stamp(buildStamp) !== wantedBuild()) {
    const digest = wantedBuild()
    runStep('compiling', process.execPath, [join(root, 'scripts', 'build.mjs')])
    writeFileSync(buildStamp, digest)
  }
}

/** `tsx FILE` and `node FILE` are resolved here, so that no shell and no PATH is involved. */
function resolveCommand([name, ...args]) {
  const files = args.map((arg, i) => (i === 0 && /\.(mjs|js|ts)$/.test(arg) ? join(root, arg) : arg))
  if (name === 'node') return [process.execPath, files]
  if (name === 'tsx')
    return [
      process.execPath,
      ['--import', `file://${join(root, 'node_modules/tsx/dist/loader.mjs')}`, ...files],
    ]
  throw new Error(`setup runs node or tsx, not ${name}`)
}

const argv = process.argv.slice(2)
const split = argv.indexOf('--')
const command = split === -1 ? [] : argv.slice(split + 1)

if (!isCurrent()) await withLock(bringUpToDate)
else if (!argv.includes('--quiet')) say('up to date')

if (command.length > 0) {
  const [file, args] = resolveCommand(command)
  // npm runs scripts in the package's folder; the user stood in INIT_CWD, and paths are relative to that.
  const cwd = process.env.INIT_CWD ?? process.cwd()
  const child = spawn(file, args, { cwd, stdio: 'inherit', env: process.env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 128 : 1)))
}
