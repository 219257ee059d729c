/**
 * How much the result hangs on each member: the rule run again without it, and how far that result is from the real one.
 * In: a subject. Out: ‖result − result without the member‖ / ‖result‖ for each, or why the rule does not hold for one less.
 */
import { join } from 'node:path'
import { deltaOf, type MergedUpdate, openAggregateFile } from '../export/index.ts'
import { removeFile } from '../files/index.ts'
import type { ReportSubject } from './subject.ts'

export type LeaveOneOut = { readonly change: number } | { readonly reason: string }

/** @param folder — for one aggregate at a time */
export async function leaveOneOut(
  subject: ReportSubject,
  result: MergedUpdate,
  folder: string,
  onMember: (done: number, total: number) => void,
): Promise<readonly LeaveOneOut[]> {
  const changes: LeaveOneOut[] = []
  const path = join(folder, 'without.safetensors')
  for (const [input] of subject.names.entries()) {
    const reason = await subject.combineWithout(input, path)
    changes.push(reason === null ? { change: await relativeChange(result, path) } : { reason })
    await removeFile(path)
    onMember(changes.length, subject.names.length)
  }
  return changes
}

async function relativeChange(result: MergedUpdate, path: string): Promise<number> {
  const other = await openAggregateFile(path)
  try {
    const places = new Map(other.modules.map(({ name }, place) => [name, place]))
    let difference = 0
    let whole = 0
    const add = (one: Float32Array, two: Float32Array): void =>
      one.forEach((value, i) => {
        difference += (value - (two[i] ?? 0)) ** 2
        whole += value * value
      })
    for (const [index, { name }] of result.modules.entries()) {
      const one = deltaOf(await result.read(index))
      add(one, deltaOf(await other.read(places.get(name) ?? index)))
    }
    for (const [index, { name }] of result.dense.entries()) {
      const one = await result.readDense(index)
      add(one, await other.readDense(other.dense.findIndex((part) => part.name === name)))
    }
    return whole === 0 ? 0 : Math.sqrt(difference / whole)
  } finally {
    await other.close()
  }
}
