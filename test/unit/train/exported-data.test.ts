// Protects: cutting of classified texts keeps special tokens; images are cropped and normalised as configured; a base's digest covers weights outside.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestOnnxBase } from '../../../src/model/base-digest.ts'
import { preprocessingOf } from '../../../src/train/images/preprocess.ts'
import { cutMarked } from '../../../src/train/tasks/sequence-classification.ts'
import { fixtureModel } from '../../fixtures/reference.ts'

describe('cutMarked', () => {
  const marked = { ids: [1, 10, 11, 12, 13, 2, 20, 21, 2], typeIds: [0, 0, 0, 0, 0, 0, 1, 1, 1] }

  it.each([
    [8, [1, 10, 11, 12, 2, 20, 21, 2]],
    [7, [1, 10, 11, 2, 20, 21, 2]],
    [6, [1, 10, 11, 2, 20, 2]],
    [4, [1, 10, 2, 2]],
  ])('to %i tokens takes them off the longer text', (lengthMax, ids) => {
    expect(
      cutMarked(
        marked,
        [
          [10, 11, 12, 13],
          [20, 21],
        ],
        lengthMax,
      )?.ids,
    ).toEqual(ids)
  })

  it('keeps the types beside their tokens', () => {
    const cut = cutMarked(
      marked,
      [
        [10, 11, 12, 13],
        [20, 21],
      ],
      7,
    )
    expect(cut?.typeIds).toEqual([0, 0, 0, 0, 1, 1, 1])
  })

  it('gives up where the special tokens alone are too many', () => {
    expect(
      cutMarked(
        marked,
        [
          [10, 11, 12, 13],
          [20, 21],
        ],
        2,
      ),
    ).toBeNull()
  })
})

describe('preprocessing', () => {
  it('crops the center and normalises by channel', () => {
    const config = {
      do_resize: false,
      do_center_crop: true,
      crop_size: { height: 1, width: 1 },
      rescale_factor: 0.5,
      image_mean: [1, 2, 3],
      image_std: [1, 2, 4],
    }
    const { fit, write } = preprocessingOf(config, 'f', ['batch', 3, 1, 1])
    const target = new Float32Array(4)
    const data = Uint8Array.from([0, 0, 0, 10, 20, 30, 0, 0, 0])
    write(fit({ width: 3, height: 1, data }), target, 1)
    expect([...target]).toEqual([0, 4, 4, 3])
  })

  it.each([
    ['size', { size: 7 }],
    ['resample', { resample: 9 }],
    ['image_std', { image_std: [1, 0, 1] }],
    ['rescale_factor', { rescale_factor: 'x' }],
  ])('refuses a bad %s by name', (field, config) => {
    expect(() => preprocessingOf(config, 'f', ['batch', 3, 8, 8])).toThrow(field)
  })
})

describe('digestOnnxBase', () => {
  it('covers the graph and the weights outside', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'oneround-digest-'))
    try {
      const model = fixtureModel('bert', 'script')
      const [first] = model.graph.initializers
      if (first === undefined) throw new Error('the fixture has weights')
      const { data: _, ...tensor } = first[1]
      const outside = { ...tensor, external: { location: 'weights.bin', offset: 0, length: 4 } }
      const initializers = new Map([...model.graph.initializers, [first[0], outside]])
      const file = join(folder, 'm.onnx')
      const digest = () => digestOnnxBase(file, { ...model, graph: { ...model.graph, initializers } })
      await writeFile(file, 'graph')
      await writeFile(join(folder, 'weights.bin'), 'one')
      const before = await digest()
      expect(before.map(({ name }) => name)).toEqual(['m.onnx', 'weights.bin'])
      await writeFile(join(folder, 'weights.bin'), 'two')
      const after = await digest()
      expect(after[0]).toEqual(before[0])
      expect(after[1]).not.toEqual(before[1])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
