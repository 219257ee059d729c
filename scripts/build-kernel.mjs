// Compiles src/aggregate/kernel/assembly into src/aggregate/kernel/kernel.wasm and kernel.lock.json.
//   node scripts/build-kernel.mjs [--out FOLDER]
// Two builds of the same sources give the same bytes (a test builds into another folder and compares). Changing any bit
// of the arithmetic changes the digest that charters pin, so this is run on purpose and its output is committed.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import asc from 'assemblyscript/asc'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const kernel = join(root, 'src', 'aggregate', 'kernel')
const { values } = parseArgs({ options: { out: { type: 'string' } } })
const out = values.out ?? kernel
mkdirSync(out, { recursive: true })
// The compiler writes paths into its names: give it the same relative ones wherever the checkout lies.
const previous = process.cwd()
process.chdir(root)
const wasm = join(out, 'kernel.wasm')
const { error, stderr } = await asc.main([
  'src/aggregate/kernel/assembly/index.ts',
  '--outFile',
  relative(root, wasm),
  '--runtime',
  'stub',
  '--use',
  'abort=',
  '--enable',
  'simd',
  '--optimizeLevel',
  '3',
  '--noAssert',
  '--maximumMemory',
  '65536',
])
process.chdir(previous)
if (error) {
  process.stderr.write(`${stderr.toString()}\n${error.message}\n`)
  process.exit(1)
}
const bytes = readFileSync(wasm)
const module = new WebAssembly.Module(bytes)
const imports = WebAssembly.Module.imports(module)
if (imports.length > 0) {
  process.stderr.write(`the kernel must import nothing, but imports ${JSON.stringify(imports)}\n`)
  process.exit(1)
}
const lock = {
  sha256: createHash('sha256').update(bytes).digest('hex'),
  exports: WebAssembly.Module.exports(module).map(({ name, kind }) => ({ name, kind })),
}
writeFileSync(join(out, 'kernel.lock.json'), `${JSON.stringify(lock, null, 2)}\n`)
process.stderr.write(`kernel ${lock.sha256}, ${bytes.length} bytes\n`)
