/**
 * Gradients of what a fused operator is decomposed into, in double: ⟨c, (f(x+εt) − f(x−εt))/2ε⟩ = ⟨VJP(c), t⟩ for random t
 * and c, as in the gradient table's own tests.
 */
import { expect } from 'vitest'
import { decompose } from '../../../../src/model/decompose/index.ts'
import { DataType } from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { openSession } from '../../../../src/model/session.ts'
import type { HostTensor } from '../../../../src/model/session-tensor.ts'
import { inferGraphShapes } from '../../../../src/train/gradient/graph-shapes.ts'
import { raiseOpset } from '../../../../src/train/gradient/raise-opset.ts'
import { differentiate } from '../../../../src/train/gradient/walk.ts'
import { buildCase, hostTensor, numbers, seeded, type FusedCase } from './fused-case.ts'

const EPSILON = { double: 1e-5, single: 2e-2 } as const
/** Of the sum of the magnitudes that were added: rounding and the ε² term. */
const TOLERANCE = { double: 1e-7, single: 2e-3 } as const

/** Gradients of the first output with respect to every float input. */
export async function checkGradientOfCase(fused: FusedCase): Promise<void> {
  const precision = fused.isSingle === true ? 'single' : 'double'
  const type = precision === 'single' ? DataType.float : DataType.double
  const epsilon = EPSILON[precision]
  const { model, feeds } = buildCase(fused, { type, isSymbolic: fused.isFixedOnly !== true })
  const forward = raiseOpset(decompose(model))
  const wanted = forward.graph.inputs.filter((info) => info.dataType === type).map((info) => info.name)
  if (wanted.length === 0) return
  const grown = new GraphBuilder(forward, { prefix: 'grad/' })
  grown.input('cotangent', type, null)
  for (const { name } of forward.graph.outputs) if (name !== 'y0') grown.dropOutput(name)
  const shapes = inferGraphShapes(forward)
  const gradients = differentiate({
    builder: grown,
    graph: forward.graph,
    shapes,
    seeds: new Map([['y0', 'cotangent']]),
    wanted,
  })
  const names = wanted.filter((name) => gradients.get(name) !== undefined && gradients.get(name) !== null)
  expect(names.length).toBeGreaterThan(0)
  names.forEach((name, i) => grown.outputAs(`gradient${i}`, gradients.get(name) ?? '', type))
  const plain = await openSession({ model: forward, device: 'cpu', threads: 1 })
  const session = await openSession({ model: grown.build(), device: 'cpu', threads: 1 })
  const random = seeded(77)
  const along = new Map(wanted.map((name) => [name, numbers(feeds[name]).map(() => 2 * random() - 1)]))
  const at = (step: number): Record<string, HostTensor> =>
    Object.fromEntries(
      Object.entries(feeds).map(([name, tensor]) => {
        const tangent = along.get(name)
        if (tangent === undefined) return [name, tensor]
        const at = numbers(tensor).map((x, k) => x + step * (tangent[k] ?? 0))
        return [name, hostTensor(type, tensor.dims, at)]
      }),
    )
  const up = (await plain.run(at(epsilon), ['y0'])).y0
  const down = (await plain.run(at(-epsilon), ['y0'])).y0
  const cotangent = numbers(up).map(() => 2 * random() - 1)
  const seed = hostTensor(type, up.dims, cotangent)
  const results = await session.run(
    { ...at(0), cotangent: seed },
    names.map((_, i) => `gradient${i}`),
  )
  await plain.close()
  await session.close()
  const sum = (terms: readonly number[]): number => terms.reduce((total, term) => total + term, 0)
  const left = cotangent.map(
    (c, k) => (c * ((numbers(up)[k] ?? 0) - (numbers(down)[k] ?? 0))) / (2 * epsilon),
  )
  const right = names.flatMap((name, i) => {
    const tangent = along.get(name) ?? []
    return numbers(results[`gradient${i}`]).map((g, k) => g * (tangent[k] ?? 0))
  })
  const magnitude = Math.max(1, sum(left.map(Math.abs)))
  expect(Math.abs(sum(left) - sum(right)) / magnitude, fused.title).toBeLessThan(TOLERANCE[precision])
}
