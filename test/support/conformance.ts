/**
 * Conformance vectors against a kernel: inputs written as update files, the job run in this process, and what came out in
 * the vectors' own terms. Any kernel can be given, also one that was broken on purpose.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { jobModules } from '../../src/aggregate/dense-parts.ts'
import { findRule } from '../../src/aggregate/rule-choice.ts'
import { locateFactors } from '../../src/aggregate/inputs.ts'
import type { JobInput } from '../../src/aggregate/job.ts'
import type { Kernel } from '../../src/aggregate/kernel/kernel.ts'
import { runAggregate } from '../../src/aggregate/kernel/run.ts'
import { capWeights } from '../../src/aggregate/weights.ts'
import type { Layout } from '../../src/charter/schema.ts'
import { toHex } from '../../src/core/bytes.ts'
import { asDigest } from '../../src/core/ids.ts'
import { type ConformanceVector, hexOfDouble, hexOfSingles, singlesOf } from './reference/vector.ts'
import type { InputSet, VectorAnswer, VectorQuestion } from './reference/vector.ts'
import { readTensors, writeUpdate } from './update-files.ts'

const file = (name: string): string =>
  fileURLToPath(new URL(`../vectors/conformance/${name}`, import.meta.url))

export const INPUTS_FILE = file('inputs.json')
export const VECTORS_FILE = file('vectors.json')

const NO_DIGEST = asDigest(new Uint8Array(32))

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

export interface Conformance {
  readonly sets: ReadonlyMap<string, InputSet>
  readonly vectors: readonly ConformanceVector[]
}

/** The committed vectors. */
export function readConformance(): Conformance {
  // Our own files, written by scripts/conformance.ts.
  const { sets } = read(INPUTS_FILE) as { sets: readonly InputSet[] }
  const { vectors } = read(VECTORS_FILE) as { vectors: readonly ConformanceVector[] }
  return { sets: new Map(sets.map((set) => [set.name, set])), vectors }
}

/** Update files of a set of inputs; written once, used by every vector on it. */
export async function writeInputs(set: InputSet, folder: string): Promise<readonly JobInput[]> {
  const scale: [number, number] = [set.scale[0], set.scale[1]]
  const layout = layoutOf(set, scale)
  const inputs: JobInput[] = []
  for (const [member, { claim, factors, dense = [], fisher }] of set.inputs.entries()) {
    const path = join(folder, `${set.name}-${member}`)
    const modules = factors.map(({ a, b }) => ({ a: rawSingles(a), b: rawSingles(b) }))
    const diagonals = fisher === undefined ? {} : { fisher: rawDiagonals(fisher) }
    writeUpdate(path, layout, {
      rank: factors[0]?.rank ?? 1,
      modules,
      dense: dense.map(rawSingles),
      ...diagonals,
    })
    inputs.push({ path, claim, factors: await locateFactors(path, layout) })
  }
  return inputs
}

const rawDiagonals = ({ modules, dense }: NonNullable<InputSet['inputs'][number]['fisher']>) => ({
  modules: modules.map(({ rows, columns }) => ({ rows: rawSingles(rows), columns: rawSingles(columns) })),
  dense: dense.map(rawSingles),
})

const layoutOf = ({ modules, dense, inputs, sharedA }: InputSet, scale: [number, number]): Layout => ({
  modules: [...modules],
  ...(inputs[0]?.fisher === undefined ? {} : { fisher: true }),
  // Where the diagonals are of B; which A it is nobody asks here.
  ...(sharedA === true && inputs[0]?.fisher !== undefined ? { sharedA: NO_DIGEST } : {}),
  ...(dense === undefined ? {} : { dense: dense.map(({ name, shape }) => ({ name, shape: [...shape] })) }),
  rankMax: 64,
  scale,
  dtype: 'f32',
})

/** As they are, −0 too: the kernel's loading is part of what is tested. */
function rawSingles(hex: string): readonly number[] {
  const bytes = Buffer.from(hex, 'hex')
  return singlesOf(hex).map((value, i) => (value === 0 ? bytes.readFloatLE(4 * i) : value))
}

/** @param inputs — of `writeInputs` */
export async function answerByKernel(
  kernel: Kernel,
  set: InputSet,
  inputs: readonly JobInput[],
  question: VectorQuestion,
  outputPath: string,
): Promise<VectorAnswer> {
  const { claims } = question
  const figures = await runAggregate(
    kernel,
    {
      kind: 'aggregate',
      kernelDigest: toHex(kernel.digest),
      rule: question.rule,
      b: question.b,
      seed: question.seed,
      claims: claims === 'inverse-norm' ? claims : 'given',
      lambda: question.lambda,
      modules: jobModules(layoutOf(set, [set.scale[0], set.scale[1]])),
      ...(set.sharedA === true ? { sharedA: true } : {}),
      inputs: inputs.map((input) => ({ ...input, claim: claims === 'given' ? input.claim : 1 })),
      outputPath,
    },
    () => undefined,
  )
  const found = findRule(question.rule)
  const isDense = !('problem' in found) && found.facts.family === 'coordinate'
  const weights = figures.inputs.map(({ weight }) => hexOfDouble(weight ?? 0))
  const tensors = isDense ? [...readTensors(outputPath)].filter(([name]) => !name.endsWith('.lora_A')) : []
  const delta = tensors.map(
    ([name, { values }]) => [name.replace(/\.(delta|dense|lora_B)$/, ''), hexOfSingles(values)] as const,
  )
  return {
    sha256: figures.digest,
    sizeBytes: figures.sizeBytes,
    weights: isDense ? null : weights,
    delta: isDense ? Object.fromEntries(delta) : null,
  }
}

/** Whether the claims of a set may be weighed as they are: a charter would have capped them. */
export const areCapped = (set: InputSet, b: number): boolean => {
  const claims = set.inputs.map(({ claim }) => claim)
  return claims.length > 2 * b && capWeights(claims, b, [1, 2 ** 40]).cap === null
}
