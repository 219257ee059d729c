/**
 * What a file calls the tensor of a module. Modules have the names that `transformers` and PEFT give them
 * (`transformer.h.0.attn.c_attn`); files of some models were saved without the root, or with another in its place, and
 * `transformers` reads them all the same. Pure.
 */
import type { StoredTensors } from './weights.ts'

/** Root of modules → what stands in its place in such files; '' for nothing. */
const OTHER_ROOTS: readonly (readonly [root: string, others: readonly string[]])[] = [
  // Saved by releases before 4.52 of `transformers`.
  ['model.language_model.', ['language_model.model.']],
  // Saved without the head: the decoder alone.
  ['model.', ['']],
  ['transformer.', ['']],
  ['gpt_neox.', ['']],
]

/** The name of a tensor in its file, from the name of its module; null where no file has it. */
export function storedNameOf(tensors: Pick<StoredTensors, 'has'>, name: string): string | null {
  if (tensors.has(name)) return name
  const candidates = OTHER_ROOTS.flatMap(([root, others]) =>
    name.startsWith(root) ? others.map((other) => other + name.slice(root.length)) : [],
  )
  return candidates.find((candidate) => tensors.has(candidate)) ?? null
}
