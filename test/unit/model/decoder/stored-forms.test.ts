// Protects: a decoder means the same however its weights are stored: half precision, several files, other roots of names.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadDecoder } from '../../../../src/model/hf-decoder.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, int64Tensor } from '../../../../src/model/session-tensor.ts'
import { withOtherRoot, writeFormulaBase, type StoredForm } from '../../../support/formula-base.ts'
import { TINY_FAMILIES } from '../../../support/tiny-families.ts'

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'oneround-stored-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

async function logitsOf(folder: string): Promise<Float32Array> {
  const { model } = await loadDecoder(folder)
  const session = await openSession({ model, weightsFolder: folder, device: 'cpu', threads: 1 })
  const ids = Array.from({ length: 18 }, (_, i) => (i * 29 + 3) % 384)
  const feeds = {
    input_ids: int64Tensor([2, 9], ids),
    attention_mask: int64Tensor(
      [2, 9],
      ids.map(() => 1),
    ),
  }
  const { logits } = await session.run(feeds, ['logits'])
  await session.close()
  return floatsOf(logits)
}

/** Multiples of 1/64 below 4 are exact in every dtype. */
const round = (value: number): number => Math.round(value * 64) / 64
const FORMS: readonly StoredForm[] = [
  { dtype: 'F16', fileCount: 3 },
  { dtype: 'BF16', fileCount: 2, rename: withOtherRoot },
]

describe.each(TINY_FAMILIES)('$config.model_type', ({ config }) => {
  it('computes the same from each form', async () => {
    const expected = await logitsOf(
      await writeFormulaBase(join(root, `${config.model_type}-f32`), config, { round }),
    )
    expect(expected.every(Number.isFinite)).toBe(true)
    expect(new Set(expected).size).toBeGreaterThan(100)
    for (const [i, form] of FORMS.entries()) {
      const folder = await writeFormulaBase(join(root, `${config.model_type}-${i}`), config, {
        ...form,
        round,
      })
      const ours = await logitsOf(folder)
      // Gemma alone multiplies by a number that depends on the dtype.
      if (config.model_type.startsWith('gemma')) expect(ours).not.toEqual(expected)
      else expect(ours).toEqual(expected)
    }
  })
})

it.each([
  ['F32', Math.fround(Math.sqrt(20))],
  // √20 = 4.4721…; an f16 has steps of 1/256 there, a bf16 of 1/32.
  ['F16', 1145 / 256],
  ['BF16', 143 / 32],
] as const)('embeddings in %s are multiplied by √20 as that dtype has it', async (dtype, expected) => {
  const config = {
    model_type: 'gemma2',
    vocab_size: 9,
    hidden_size: 20,
    intermediate_size: 8,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    head_dim: 4,
  }
  const { model } = await loadDecoder(await writeFormulaBase(join(root, `scale-${dtype}`), config, { dtype }))
  const scaling = model.graph.nodes.find(({ name }) => name === '/model/embed_tokens/Mul')
  const bytes = model.graph.initializers.get(scaling?.inputs[1] ?? '')?.data ?? new Uint8Array(4)
  expect(new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true)).toBe(expected)
})
