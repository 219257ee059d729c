/** Combination rules: weights from inner products, then all kept factors stacked, exactly. */
import type { TensorLayout } from '../../core/safetensors.ts'
import type { AtomicWriter } from '../../files/index.ts'
import type { CombinationRule } from '../rules/rule.ts'
import type { Resolved, ResolvedRule } from '../rule-choice.ts'
import { denseName } from '../../charter/tensor-names.ts'
import { type Run, withFactors } from './arrays.ts'
import { ENTRY_BYTES } from './factors.ts'
import { figuresOfWeights, type ReportFigures, uniformWeights } from './figures.ts'
import { divideUp } from './integers.ts'
import { denseTensor, openOutput, type Output } from './output.ts'
import type { Rows } from './rows.ts'
import { writeSharedA } from './shared-a.ts'
import { isOnB, replaceA, tileModule } from './tile-modules.ts'
import { weighRows } from './weigh-rows.ts'

export interface Written extends ReportFigures {
  readonly sizeBytes: number
  readonly notes: Readonly<Record<string, number>>
}

interface Means {
  readonly rows: Rows
  readonly writer: AtomicWriter
  readonly onStep: (done: number) => void
}

export async function combine(
  run: Run,
  rule: ResolvedRule & Resolved<CombinationRule>,
  { rows, writer, onStep }: Means,
): Promise<Written> {
  const { kernel, job, arrays } = run
  const { exports, arena } = kernel
  const m = job.inputs.length
  const uniform = uniformWeights(run, rule, rows)
  const notes: Record<string, number> = {}
  weighRows(run, rule, rows, rows.claims, (name, value) => {
    notes[name] = value
  })
  exports.markUsed(arrays.weights, m, arrays.used)
  const used = [...arena.integers(arrays.used, m)].flatMap((flag, input) => (flag === 0 ? [] : [input]))
  const rankOf = (index: number) =>
    job.sharedA === true
      ? (job.inputs[0]?.factors[index]?.rank ?? 0)
      : used.reduce((sum, input) => sum + (job.inputs[input]?.factors[index]?.rank ?? 0), 0)
  const tensors = job.modules.flatMap(({ name, in: inCount, out, block }, index): TensorLayout[] => {
    if (block !== undefined) return denseTensor(name, block)
    return [
      { name: `${name}.lora_A`, dtype: 'F32', shape: [rankOf(index), inCount] },
      { name: `${name}.lora_B`, dtype: 'F32', shape: [out, rankOf(index)] },
    ]
  })
  const output = await openOutput(writer, rule, 'stacked', tensors)
  if (job.sharedA === true) await writeSharedA(run, output)
  for (const [index, { block }] of job.modules.entries()) {
    if (block !== undefined || job.sharedA === true) {
      await combineRows(run, index, output)
      onStep(index + 1)
      continue
    }
    const rank = rankOf(index)
    const parts = await withFactors(run, index, (table, module) => {
      const sizeA = 4 * rank * module.in
      const sizeB = 4 * rank * module.out
      const a = arena.reserve(sizeA)
      const b = arena.reserve(sizeB)
      let column = 0
      for (const input of used) {
        const entry = table + ENTRY_BYTES * input
        const weight = arrays.weights + 8 * input
        exports.stackA(entry, module.in, a + 4 * column * module.in)
        exports.stackB(entry, module.out, rank, column, weight, ...job.lambda, b)
        column += job.inputs[input]?.factors[index]?.rank ?? 0
      }
      return { name: module.name, a: arena.bytes(a, sizeA).slice(), b: arena.bytes(b, sizeB).slice() }
    })
    await output.writeTensor(`${parts.name}.lora_A`, parts.a)
    await output.writeTensor(`${parts.name}.lora_B`, parts.b)
    onStep(index + 1)
  }
  const figures = figuresOfWeights(run, rule, rows, uniform)
  return { sizeBytes: output.header.fileSizeBytes, ...figures, notes }
}

/** λ × Σ wᵢ × tileᵢ in its place: of a block of a dense part, or of s·B where all updates have one A. */
async function combineRows(run: Run, index: number, output: Output): Promise<void> {
  const { kernel, job, arrays } = run
  const { exports, arena } = kernel
  const m = job.inputs.length
  await withFactors(run, index, async (table, whole) => {
    const module = tileModule(job, whole, index)
    if (isOnB(job, whole)) replaceA(kernel, table, m, module.in)
    const count = module.in * module.out
    const stride = 16 * divideUp(4 * count, 16)
    const tiles = arena.reserve(stride * m)
    const row = arena.reserve(8 * module.in)
    for (let input = 0; input < m; input++) {
      const entry = table + ENTRY_BYTES * input
      exports.denseTile(entry, 0, module.out, module.in, module.out, row, tiles + stride * input)
    }
    const to = arena.reserve(stride)
    exports.weightedSumTile(tiles, stride, m, arrays.weights, count, ...job.lambda, to)
    const { name, block } = module
    const tensor = block === undefined ? `${name}.lora_B` : denseName(name)
    await output.writeTensor(tensor, arena.bytes(to, 4 * count), 4 * (block?.first ?? 0))
  })
}
