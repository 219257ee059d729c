// Protects: the kernel is the one that its sources give, is loaded by digest, and notices a machine that computes wrongly.
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src/core/bytes.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { checkKnownAnswers, kernelDigest, loadKernel } from '../../../src/aggregate/kernel/kernel.ts'
import { tempFolder } from '../../support/update-files.ts'

const file = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

describe('the kernel', () => {
  it('built again from its sources is the same, byte for byte', () => {
    const folder = tempFolder()
    try {
      const build = spawnSync(process.execPath, [file('scripts/build-kernel.mjs'), '--out', folder], {
        encoding: 'utf8',
      })
      expect(build.status, build.stderr).toBe(0)
      for (const name of ['kernel.wasm', 'kernel.lock.json']) {
        expect(
          readFileSync(join(folder, name)).equals(readFileSync(file(`src/aggregate/kernel/${name}`))),
        ).toBe(true)
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('imports nothing and exports what the interface names', async () => {
    const { exports } = await loadKernel()
    const source = readFileSync(file('src/aggregate/kernel/exports.ts'), 'utf8')
    const body = /export interface KernelExports \{([\s\S]*?)\n\}/.exec(source)?.[1] ?? ''
    const named = [...body.matchAll(/^ {2}readonly (\w+):/gm)].map(([, name]) => name)
    expect(Object.keys(exports).sort()).toEqual(named.sort())
  })

  it('is refused under another digest', async () => {
    expect(toHex(await kernelDigest())).toBe(toHex((await loadKernel()).digest))
    await expect(loadKernel(sha256(new Uint8Array(1)))).rejects.toMatchObject({
      info: { code: 'KERNEL_MISMATCH' },
    })
  })

  it.each([
    ['flushes subnormals of f64 to zero', 8, [0, 0, 0, 0, 0, 0, 0, 0]],
    ['flushes subnormals of f32 to zero', 32, [0, 0, 0, 0]],
    ['rounds a tie away from even', 0, [1, 0, 0, 0, 0, 0, 0xe0, 0x3f]],
  ])('finds a machine out that %s', async (_fault, at, wrongBytes) => {
    const kernel = await loadKernel()
    const { exports } = kernel
    // What such a machine would leave in the module's memory; the module's own arithmetic is that of this machine.
    const knownAnswers = (from: number, to: number): void => {
      exports.knownAnswers(from, to)
      new Uint8Array(exports.memory.buffer).set(wrongBytes, to + at)
    }
    expect(() => checkKnownAnswers({ ...kernel, exports: { ...exports, knownAnswers } })).toThrow(
      expect.objectContaining({ info: expect.objectContaining({ code: 'KERNEL_ARITHMETIC' }) }),
    )
    expect(() => checkKnownAnswers(kernel)).not.toThrow()
  })

  it('widens bf16 and f16 exactly, −0 to +0, and finds what is not finite', async () => {
    const { exports, arena } = await loadKernel()
    const from = arena.reserve(64)
    const to = arena.reserve(64)
    const widen = (halves: readonly number[], dtype: number) => {
      new Uint16Array(exports.memory.buffer, from, halves.length).set(halves)
      const bad = exports.widen(from, to, halves.length, dtype)
      return bad >= 0 ? bad : [...new Float32Array(exports.memory.buffer, to, halves.length)]
    }
    expect(widen([0x3f80, 0xc000, 0x8000, 0x0001], 1)).toEqual([1, -2, 0, 2 ** -133])
    expect(widen([0x3c00, 0xc000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x7bff], 2)).toEqual([
      1,
      -2,
      0,
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      65504,
    ])
    expect(widen([0, 0x7f80], 1)).toBe(1)
    expect(widen([0x7e00], 2)).toBe(0)
  })
})
