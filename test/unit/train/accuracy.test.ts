// Protects: the accuracy of a classifier is how often PyTorch's own logits have the label first.
import { expect, test } from 'vitest'
import { findLinearModules } from '../../../src/model/linear-modules.ts'
import { readAdapter } from '../../../src/model/peft.ts'
import { locateTensors, readFloat32 } from '../../../src/model/weights.ts'
import { unpackParameters } from '../../../src/train/gradient/parameters.ts'
import { readReference } from '../../../src/train/gradient/reference.ts'
import { openMeasure } from '../../../src/train/objective.ts'
import { fixtureModel, fixturePath } from '../../fixtures/reference.ts'

test.each(['bert', 'vit'])('%s: counts the samples that PyTorch gets right', async (name) => {
  const model = fixtureModel(name, 'dynamo')
  const { inputs, labels } = await readReference(fixturePath(name))
  const adapter = await readAdapter(fixturePath(name, 'adapter'))
  const byName = new Map(findLinearModules(model).map((module) => [module.name, module]))
  const sites = adapter.modules.flatMap(({ name: module, rank, scale }) => {
    const found = byName.get(module)
    return found === undefined ? [] : [{ module: found, rank, scale }]
  })
  const weightsFolder = fixturePath(name)
  const trainable = { kind: 'lora', sites } as const
  const objective = await openMeasure({
    model,
    weightsFolder,
    trainable,
    loss: 'classification',
    device: 'cpu',
    threads: 1,
  })
  try {
    const parameters = new Float32Array(objective.parameterCount)
    const slots = unpackParameters(objective.slots, parameters)
    for (const { name: module, a, b } of adapter.modules) {
      slots.get(`base_model.model.${module}.lora_A.weight`)?.set(a)
      slots.get(`base_model.model.${module}.lora_B.weight`)?.set(b)
    }
    const size = labels.data.length
    const tensors = await locateTensors(fixturePath(name, 'reference.safetensors'))
    const stored = [...tensors.values()].find((tensor) => /logits/.test(tensor.name))
    if (stored === undefined) throw new Error('the reference has logits')
    const logits = await readFloat32(stored)
    const classes = logits.length / size
    const rightFor = (own: readonly number[]) =>
      own.filter((label, row) => {
        const scores = [...logits.subarray(row * classes, (row + 1) * classes)]
        return scores.indexOf(Math.max(...scores)) === label
      }).length
    const given = [...labels.data].map(Number)
    // The reference's labels, and every label one further: other samples are then right.
    for (const own of [given, given.map((label) => (label + 1) % classes)]) {
      const data = BigInt64Array.from(own, BigInt)
      const batch = { size, feeds: inputs, labels: { ...labels, data }, targetCount: size }
      const { correctCount } = await objective.measure(parameters, batch)
      expect(correctCount).toBe(rightFor(own))
    }
  } finally {
    await objective.close()
  }
})
