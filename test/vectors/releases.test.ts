// Protects: certificates of every release can be computed again, byte for byte, by this one, with the kernel of that release.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { kernelDigest } from '../../src/aggregate/index.ts'
import { loadKernel, readReleases } from '../../src/aggregate/kernel/kernel.ts'
import { asDigest } from '../../src/core/ids.ts'
import { verify } from '../../src/export/index.ts'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const releases = await readReleases()

describe.each(releases)('release $version', ({ version, sha256 }) => {
  it('has its kernel in the package, under its digest', async () => {
    const file = path(`../../src/aggregate/kernel/releases/${sha256}.wasm`)
    expect(createHash('sha256').update(readFileSync(file)).digest('hex')).toBe(sha256)
    const { digest } = await loadKernel(asDigest(Buffer.from(sha256, 'hex')))
    expect(Buffer.from(digest).toString('hex')).toBe(sha256)
  })

  it.each(['stacked', 'dense'])('has a certificate of a %s round that still holds', async (form) => {
    const folder = path(`../fixtures/releases/${version}/${form}`)
    expect(existsSync(folder)).toBe(true)
    const report = await verify(folder, { updates: true })
    expect(report.checks.filter(({ holds }) => !holds)).toEqual([])
    expect(report.checks.map(({ id }) => id)).toContain('recomputed')
  })
})

describe('the kernel of today', () => {
  it('is the newest release’s, or no release has it yet', async () => {
    const today = Buffer.from(await kernelDigest()).toString('hex')
    const { version } = JSON.parse(readFileSync(path('../../package.json'), 'utf8')) as { version: string }
    const same = releases.find((release) => release.version === version)
    // A change of the kernel after a release needs another version of the package.
    if (same !== undefined) expect(today).toBe(same.sha256)
    expect(releases.map((release) => release.version)).toEqual([
      ...new Set(releases.map((release) => release.version)),
    ])
  })

  it('refuses a digest that no release has', async () => {
    await expect(loadKernel(asDigest(new Uint8Array(32).fill(1)))).rejects.toMatchObject({
      info: { code: 'KERNEL_MISMATCH' },
    })
  })
})
