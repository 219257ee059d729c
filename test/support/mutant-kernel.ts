/** Kernels compiled from sources with one line changed, in memory; nothing is written. */
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'
import { instantiateKernel, type Kernel } from '../../src/aggregate/kernel/kernel.ts'
import type { KernelMutant } from '../mutants/kernel-mutants.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const ASSEMBLY = 'src/aggregate/kernel/assembly'

/** A source of the kernel as it is. */
export const kernelSource = (file: string): string => readFileSync(join(root, ASSEMBLY, file), 'utf8')

/** @throws if the mutant's line is not once in its file, or the result does not compile */
export async function buildMutant({ name, file, find, replace }: KernelMutant): Promise<Kernel> {
  const source = kernelSource(file)
  if (source.split(find).length !== 2) throw new Error(`${name}: its line is not once in ${file}`)
  const mutated = source.replace(find, () => replace)
  const outputs = new Map<string, Uint8Array | string>()
  const args = ['--outFile', 'kernel.wasm', '--runtime', 'stub', '--use', 'abort=', '--enable', 'simd']
  // Optimised little: what is computed does not depend on it, and compiling takes a third of the time.
  const { error } = await asc.main(
    [`${ASSEMBLY}/index.ts`, ...args, '--optimizeLevel', '1', '--noAssert', '--maximumMemory', '65536'],
    {
      readFile: (path, baseFolder) => {
        if (dirname(path).endsWith('assembly') && basename(path) === file) return mutated
        try {
          return readFileSync(join(baseFolder === '.' ? root : baseFolder, path), 'utf8')
        } catch {
          // The compiler asks for names that a source may have.
          return null
        }
      },
      writeFile: (path, contents) => void outputs.set(path, contents),
    },
  )
  const bytes = outputs.get('kernel.wasm')
  if (error !== null || !(bytes instanceof Uint8Array))
    throw new Error(`${name}: ${error?.message ?? 'nothing was written'}`)
  return instantiateKernel(bytes)
}
