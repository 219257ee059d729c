/** The canonical file that members attest: header by form and rule, tensors where the header says. */
import { assert } from '../../core/errors.ts'
import { encodeHeader, type SafetensorsHeader, type TensorLayout } from '../../core/safetensors.ts'
import type { AtomicWriter } from '../../files/index.ts'
import { denseName } from '../../charter/tensor-names.ts'
import type { JobModule } from '../job.ts'
import { type ResolvedRule, ruleText } from '../rule-choice.ts'

export interface Output {
  readonly header: SafetensorsHeader
  readonly writeTensor: (name: string, bytes: Uint8Array, offsetBytes?: number) => Promise<void>
}

/** A dense part's tensor, once: with its first block. */
export function denseTensor(name: string, { first, shape }: NonNullable<JobModule['block']>): TensorLayout[] {
  return first === 0 ? [{ name: denseName(name), dtype: 'F32', shape }] : []
}

/** Writes the canonical header; the tensors follow in any order. */
export async function openOutput(
  writer: AtomicWriter,
  rule: ResolvedRule,
  form: 'stacked' | 'dense',
  tensors: readonly TensorLayout[],
): Promise<Output> {
  const metadata = new Map([
    ['form', form],
    ['format', 'oneround/aggregate@1'],
    ['rule', ruleText(rule)],
  ])
  const { prefix, header } = encodeHeader(tensors, metadata)
  await writer.writeAt(prefix, 0)
  return {
    header,
    writeTensor: async (name, bytes, offsetBytes = 0) => {
      const entry = header.entries.find((each) => each.name === name)
      assert(entry !== undefined, `the header holds ${name}`)
      await writer.writeAt(bytes, entry.offset + offsetBytes)
    },
  }
}
