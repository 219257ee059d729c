// Protects: an update is admitted or refused for a reason, by charter and bytes alone.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { admitUpdate, openKernelClient } from '../../../src/aggregate/index.ts'
import type { Charter, Layout } from '../../../src/charter/schema.ts'
import { aggregationOf, tempFolder, writeUpdate } from '../../support/update-files.ts'

const folder = tempFolder()
const kernel = openKernelClient()
afterAll(async () => {
  await kernel.stop()
  rmSync(folder, { recursive: true, force: true })
})

const layout: Layout = { modules: [{ name: 'm', in: 2, out: 2 }], rankMax: 4, scale: [2, 1], dtype: 'f32' }
const limits: Charter['limits'] = {
  updateSizeBytes: 1 << 20,
  chunkSizeBytes: 1 << 20,
  entry: [100, 1],
  moduleNorm: [40, 1],
  updateNorm: [30, 1],
  memoryBytes: 1 << 20,
}

async function admit(a: readonly number[], b: readonly number[]) {
  const path = writeUpdate(join(folder, 'update'), layout, { rank: 1, modules: [{ a, b }] })
  const charter = { layout, limits, aggregation: await aggregationOf(['mean'], 0) }
  return admitUpdate({ path, charter }, { kernel })
}

describe('admission', () => {
  it('admits what is within the bounds, and states the norm of ΔW', async () => {
    // s·‖A‖·‖B‖ = 2·5·1 = 10 = ‖ΔW‖ of a rank-1 product
    expect(await admit([3, 4], [1, 0])).toEqual({ ok: true, norm: 10 })
  })

  it.each([
    ['NaN', [Number.NaN, 0], [1, 0], { code: 'UPDATE_NOT_FINITE', module: 'm', factor: 'A', index: 0 }],
    ['infinity', [1, 0], [0, Number.POSITIVE_INFINITY], { code: 'UPDATE_NOT_FINITE', factor: 'B' }],
    [
      'an entry over the bound',
      [100.5, 0],
      [0, 0],
      { code: 'UPDATE_ENTRY_TOO_LARGE', module: 'm', factor: 'A' },
    ],
    [
      'factors over the bound',
      [9, 12],
      [0, 1.5],
      { code: 'UPDATE_NORM_TOO_LARGE', module: 'm', norm: 45, normMax: 40 },
    ],
    [
      'ΔW over the bound',
      [3, 4],
      [0, 3.5],
      { code: 'UPDATE_NORM_TOO_LARGE', module: null, norm: 35, normMax: 30 },
    ],
  ] as const)('refuses %s', async (_title, a, b, fault) => {
    expect(await admit(a, b)).toMatchObject({ ok: false, fault })
  })

  it('lets a bound itself pass', async () => {
    expect((await admit([9, 12], [0, 1])).ok).toBe(true)
    expect((await admit([100, 0], [0, 0])).ok).toBe(true)
  })
})
