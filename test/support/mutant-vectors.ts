/** Which conformance vectors tell a kernel that is wrong on purpose from the right one. */
import { join } from 'node:path'
import type { JobInput } from '../../src/aggregate/job.ts'
import type { KernelMutant } from '../mutants/kernel-mutants.ts'
import { answerByKernel, type Conformance, readConformance, writeInputs } from './conformance.ts'
import { buildMutant } from './mutant-kernel.ts'

export interface Prepared extends Conformance {
  readonly folder: string
  readonly inputs: ReadonlyMap<string, readonly JobInput[]>
}

/** Inputs of all vectors as files in a folder. */
export async function prepareVectors(folder: string): Promise<Prepared> {
  const conformance = readConformance()
  const inputs = new Map<string, readonly JobInput[]>()
  for (const set of conformance.sets.values()) inputs.set(set.name, await writeInputs(set, folder))
  return { ...conformance, folder, inputs }
}

export interface Seen {
  /** Vectors whose answers the mutant changes. */
  readonly all: readonly string[]
  /** Those of them that are of a rule or step that the mutant names. */
  readonly expected: readonly string[]
}

/** @param onlyExpected — asks only the vectors of the rules and steps that the mutant names */
export async function vectorsThatSee(
  mutant: KernelMutant,
  { sets, vectors, inputs, folder }: Prepared,
  { onlyExpected }: { readonly onlyExpected: boolean },
): Promise<Seen> {
  const kernel = await buildMutant(mutant)
  const [all, expected]: [string[], string[]] = [[], []]
  for (const vector of vectors) {
    const parts = [vector.rule.id, ...(vector.rule.steps ?? []).map(({ id }) => id)]
    const isExpected = mutant.seenBy.some((id) => parts.includes(id))
    const [set, files] = [sets.get(vector.inputs), inputs.get(vector.inputs)]
    if ((onlyExpected && !isExpected) || set === undefined || files === undefined) continue
    const answer = await answerByKernel(kernel, set, files, vector, join(folder, 'out')).catch(() => null)
    if (JSON.stringify(answer) === JSON.stringify(vector.expected)) continue
    all.push(vector.name)
    if (isExpected) expected.push(vector.name)
  }
  return { all, expected }
}
